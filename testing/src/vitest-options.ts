import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InlineConfig, Vite } from 'vitest/node'
import { LongestFirst } from './longest-first.js'

const compiled = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** How every test file runs: in a process of its own, on the server of the run. */
export const testOptions: InlineConfig = {
  globalSetup: [compiled('global-setup.js')],
  setupFiles: [compiled('file-setup.js')],
  sequence: { sequencer: LongestFirst },
  pool: 'forks',
  maxWorkers: availableParallelism(),
  // A test that hangs is named before its file is ended (see file-watchdog.ts).
  testTimeout: 280_000,
  hookTimeout: 280_000,
  restoreMocks: true,
  // What is tested runs as it is published: only the test files themselves go through Vite.
  server: { deps: { external: [/\/dist\/(?!.*\.test\.js$)/] } },
}

/** For editors and `npx vitest`: tests from `src`, what they test from `dist`. */
export const sourceTestOptions: InlineConfig = {
  ...testOptions,
  include: ['{packages,examples}/*/src/**/*.test.ts', 'testing/src/**/*.test.ts'],
  forceRerunTriggers: ['**/vitest.config.*', '**/{packages,examples}/*/dist/**/!(*.test*).js'],
  silent: 'passed-only',
}

/** Resolves what a test in `src` imports to its compiled file; other tests and their support stay in `src`. */
export const compiledSubjects: Vite.Plugin = {
  name: 'torii-compiled-subjects',
  enforce: 'pre',
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith('.') || /\.test\./.test(source)) return null
    const path = resolve(dirname(importer), source)
    const target = path.replace(`${sep}src${sep}`, `${sep}dist${sep}`)
    return target !== path && existsSync(target) ? target : null
  },
}
