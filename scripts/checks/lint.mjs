/** Format, import order and lint as biome.json says. Warnings fail too; remarks on length only show. */
import { runNode, toolArguments } from '../repository.mjs'

export const name = 'lint'

export function check(root) {
  const options = ['--error-on-warnings', '--colors=off', '--max-diagnostics=none']
  const { ok, output } = runNode(root, toolArguments('biome', 'ci', ...options, '.'))
  if (ok && / lint\//.test(output)) console.log(output)
  return ok ? [] : [output]
}
