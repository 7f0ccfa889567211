import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sourceFolder = /^((?:[^/]+\/)*?)src\//

/**
 * The compiled file or folder that `path` names from a test's own `import.meta.url`. Editors run tests from `src`, the
 * runner from `dist`; programs that a test starts, and modules that it lists, are compiled ones in both.
 */
export function compiledUrl(path: string, from: string): URL {
  const test = relative(root, fileURLToPath(from)).replaceAll('\\', '/')
  return new URL(path, pathToFileURL(`${root}${test.replace(sourceFolder, '$1dist/')}`))
}
