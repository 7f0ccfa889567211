/** No unused file, export or dependency, and none undeclared, as knip.json describes the workspaces. */
import { runNode, toolArguments } from '../repository.mjs'

export const name = 'unused'

export function check(root) {
  const options = ['--no-progress', '--no-config-hints']
  const { ok, output } = runNode(root, toolArguments('knip', ...options))
  return ok ? [] : [output]
}
