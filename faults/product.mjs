/** The packages under test: as built, or as a patched copy of what was built. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const builtStorage = import.meta.resolve('torii-storage-postgres')
// Below the repository, so that the copies find the packages that they import; ignored by git.
const copiesFolder = fileURLToPath(new URL('.torii/copies', import.meta.url))

/** The packages as built. */
export const builtProduct = { storage: builtStorage, auth: import.meta.resolve('torii-auth') }

/**
 * A copy of torii-storage-postgres with some of its compiled text replaced.
 * @param patches `{ from, to, file? }`: `from` must be found exactly once in the compiled files (or in `file`)
 * @returns the product, and how to remove it
 */
export function patchedProduct(patches) {
  mkdirSync(copiesFolder, { recursive: true })
  const copy = mkdtempSync(join(copiesFolder, 'storage-'))
  const remove = () => rmSync(copy, { recursive: true, force: true })
  try {
    const dist = dirname(fileURLToPath(builtStorage))
    cpSync(dist, join(copy, 'dist'), {
      recursive: true,
      filter: (path) => !/\.test\.|\.map$/.test(path),
    })
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n')
    for (const patch of patches) apply(join(copy, 'dist'), patch)
    const storage = pathToFileURL(join(copy, 'dist', 'index.js')).href
    return { product: { ...builtProduct, storage }, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function apply(dist, { from, to, file }) {
  const files = readdirSync(dist, { recursive: true }).filter((path) => path.endsWith('.js'))
  const found = (file === undefined ? files : [file])
    .map((name) => ({ path: join(dist, name), text: readFileSync(join(dist, name), 'utf8') }))
    .filter(({ text }) => text.includes(from))
  const [only] = found
  if (only === undefined || found.length > 1 || only.text.split(from).length > 2)
    throw new Error(`a control names a text that is not in the product once: ${from}`)
  writeFileSync(
    only.path,
    only.text.replace(from, () => to),
  )
}

/** Opens a storage of a product, and torii-auth over it. */
export async function openProduct(product, url, connect = {}) {
  const { PostgresStorage } = await import(product.storage)
  const { Torii } = await import(product.auth)
  const storage = await PostgresStorage.connect(url, connect)
  return { storage, torii: new Torii(storage, { baseUrl: 'http://localhost:3000' }) }
}
