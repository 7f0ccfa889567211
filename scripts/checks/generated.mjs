/** Generated files are up to date: the migrations module, schema.sql, the list of common passwords, docs/schema.md, docs/options.md and the pages of docs/internals/. */
import { runNode } from '../repository.mjs'

export const name = 'generated'
export const needsBuild = true

/** Each exits with 1 and says what to run when the file it makes is stale. */
export const generators = [
  'scripts/generate-migrations.mjs',
  'scripts/schema-snapshot.mjs',
  'scripts/schema-docs.mjs',
  'scripts/common-passwords.mjs',
  'scripts/options-docs.mjs',
  'scripts/security-coverage.mjs',
  'scripts/races-docs.mjs',
  'scripts/asvs-coverage.mjs',
]

export function check(root) {
  return generators.flatMap((script) => {
    const { ok, output } = runNode(root, [script, '--check'])
    return ok ? [] : [`${script}: ${output}`]
  })
}
