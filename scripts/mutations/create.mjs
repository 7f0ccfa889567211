/** Guards of create-torii-auth, each weakened alone; as in storage.mjs. */
const guard = (weakens, from, to) => ({
  file: 'packages/create-torii-auth/src/create-project.ts',
  weakens,
  from,
  to,
  tests: ['packages/create-torii-auth/src/command'],
})

export const createMutations = [
  guard(
    'an application is written over files that are there',
    'files.length === 0 ? null',
    'files.length >= 0 ? null',
  ),
  guard("every user of the machine reads a new application's key", ', { mode: 0o600 }', ''),
  guard('Git keeps the key of a new application', "  ['gitignore', '.gitignore'],\n", ''),
  guard(
    'every new application has the same key',
    "randomBytes(32).toString('base64url')",
    "Buffer.alloc(32).toString('base64url')",
  ),
]
