import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InlineConfig, Vite } from 'vitest/node'
import { LongestFirst } from './longest-first.js'

const compiled = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** How every test file runs, in its own process or in one that it shares. */
const fileOptions = {
  pool: 'forks',
  // Not for the processes that tests start: most of them load many modules and print no stack.
  execArgv: ['--enable-source-maps'],
  // A test that hangs is named before its file is ended (see file-watchdog.ts).
  testTimeout: 280_000,
  hookTimeout: 280_000,
  restoreMocks: true,
  // What is tested runs as it is published: only the test files themselves go through Vite.
  server: { deps: { external: [/\/dist\/(?!.*\.test\.js$)/] } },
} satisfies InlineConfig

const runOptions = {
  globalSetup: [compiled('global-setup.js')],
  sequence: { sequencer: LongestFirst, setupFiles: 'list' },
  // One more than there are cores, since files that wait for timers, programs and servers leave a core idle. A single worker would
  // be given all files that share a process at once, and lose them all with its process.
  maxWorkers: availableParallelism() + 1,
} satisfies InlineConfig

const fileSetup = compiled('file-setup.js')

/**
 * The options of a run of compiled test files, given by absolute path. The files that need no process of their own
 * share one process per worker: a new process costs half a second of CPU time, and torii-auth as much again.
 */
export function compiledTestOptions(
  paths: readonly string[],
  needsOwnProcess: (path: string) => boolean,
): InlineConfig {
  const project = (
    name: string,
    include: string[],
    options: { isolate: boolean; setupFiles: string[] },
  ) => ({ test: { ...fileOptions, ...options, name, include } })
  const own = paths.filter((path) => needsOwnProcess(path))
  const shared = paths.filter((path) => !needsOwnProcess(path))
  const projects = [
    project('own process', own, { isolate: true, setupFiles: [fileSetup] }),
    project('shared process', shared, {
      isolate: false,
      setupFiles: [compiled('shared-process-setup.js'), fileSetup],
    }),
  ]
  return { ...runOptions, projects: projects.filter(({ test }) => test.include.length > 0) }
}

/** For editors and `npx vitest`: tests from `src`, what they test from `dist`. */
export const sourceTestOptions: InlineConfig = {
  ...fileOptions,
  ...runOptions,
  setupFiles: [fileSetup],
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
