import { testName } from './own-process.js'

/** A test file that says the same of every major of PostgreSQL. */
export interface AnyMajorFile {
  /** The end of its path, without `src`, `dist` and the extension. */
  file: string
  reason: string
}

/**
 * The test files that the matrix leaves out: they send nothing to the server of a run, so no major can break them.
 * `npm test` runs them.
 */
export const anyMajorFiles: readonly AnyMajorFile[] = [
  {
    file: 'storage-postgres/*/test/conformance-embedded.test',
    reason: 'the conformance suite over PGlite, which brings its own PostgreSQL',
  },
  {
    file: 'storage-postgres/*/test/embedded.test',
    reason: 'locks and folders of PGlite, which brings its own PostgreSQL',
  },
]

/** Whether a test file in `src` or `dist` says the same of every major. */
export function saysTheSameOfEveryMajor(path: string): boolean {
  const named = testName(path)
  return anyMajorFiles.some(({ file }) => named.endsWith(file))
}
