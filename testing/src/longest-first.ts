import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { testName } from './own-process.js'

/** The files that take longest, by their measured time: of two processors, or of waiting for servers and programs. */
export const longestFiles: readonly string[] = [
  'storage-postgres/*/test/conformance-embedded.test',
  'storage-postgres/*/test/interleaving/interleaving-factor.test',
  'testing/*/packed.test',
  'storage-postgres/*/test/interleaving/interleaving-unusual.test',
  'storage-postgres/*/test/interleaving/interleaving-usual.test',
  'storage-postgres/*/test/conformance-in-transaction.test',
  'storage-postgres/*/migrate/migrations-killed.test',
  'storage-postgres/*/test/races/second-factors.test',
  'storage-postgres/*/test/upgrade.test',
  'auth/*/testing/testing-doc.test',
  'storage-postgres/*/driver/result-types.test',
  'storage-postgres/*/driver/old-primary.test',
  'storage-postgres/*/driver/pooler-faults.test',
  'storage-postgres/*/test/ambiguous/ambiguous.test',
  'storage-postgres/*/test/conformance.test',
  'storage-postgres/*/cli.test',
  'storage-postgres/*/test/interleaving/interleaving-enrolling.test',
  'testing/*/run-tests.test',
  'auth/*/rate-limits/owner-gets-in.test',
  'storage-postgres/*/test/races/single-use.test',
]

/** The rank of a file in `src` or `dist`; those that are not listed come last. */
export function rankOf(path: string): number {
  const named = testName(path)
  const rank = longestFiles.findIndex((name) => named.endsWith(name))
  return rank === -1 ? longestFiles.length : rank
}

/**
 * Begins with the longest files, so that no worker ends long before the other. Vitest alone knows the times of its
 * last run on the same machine, or else the sizes of the files, and some of the longest tests stand in short files.
 * The files that share processes come last and together: Vitest ends a process when the next file needs its own.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted(
      (a, b) => rankOf(a.moduleId) - rankOf(b.moduleId) || sharing(a) - sharing(b),
    )
  }
}

const sharing = ({ project }: TestSpecification): number => (project.config.isolate ? 0 : 1)
