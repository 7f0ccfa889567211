/** The documentation site builds: every page, every link, every type of the API reference. `npm run docs` is the same for people. */
import { join } from 'node:path'
import { runNode } from '../repository.mjs'

export const name = 'site'
export const needsBuild = true

export function check(root) {
  const { ok, output } = runNode(root, [join(root, 'site/run.mjs')])
  return ok ? [] : [output]
}
