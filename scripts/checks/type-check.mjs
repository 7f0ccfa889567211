/** Every workspace and every test compiles: `tsc -b` with the strict options of tsconfig.base.json. */
import { runNode, toolArguments } from '../repository.mjs'

export const name = 'types'

export function check(root) {
  const { ok, output } = runNode(root, toolArguments('tsc', '-b', '--pretty', 'false'))
  return ok ? [] : [output]
}
