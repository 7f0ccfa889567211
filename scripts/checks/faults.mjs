/** The checker of `npm run faults` reports every kind of violation, in histories made by hand. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runNode } from '../repository.mjs'

export const name = 'faults'
export const needsBuild = true

export function check(root) {
  const folder = join(root, 'faults')
  const tests = readdirSync(folder).filter((file) => file.endsWith('.test.mjs'))
  const { ok, output } = runNode(root, ['--test', ...tests.map((file) => join(folder, file))])
  return ok ? [] : [output]
}
