/** The entries of the published packages that the API reference documents. */
import { join, posix } from 'node:path'
import { readJson, repositoryRoot } from '../scripts/repository.mjs'

/** The documented packages, in the order of the reference: `{ name, folder }`. */
export const packages = ['auth', 'storage-postgres', 'authjs', 'core'].map((folder) => {
  const path = join(repositoryRoot, 'packages', folder)
  return { folder: path, ...readJson(join(path, 'package.json')) }
})

/** What can be imported: `{ name, file }`, such as `torii-auth/http` and the path of its declarations. */
export const entries = packages.flatMap(({ name, folder, exports }) =>
  Object.entries(exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([entry, { types }]) => ({ name: posix.join(name, entry), file: join(folder, types) })),
)
