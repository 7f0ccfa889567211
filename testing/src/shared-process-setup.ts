// Loaded by Vitest before every test file that shares its process, and before file-setup.ts.
import { afterAll } from 'vitest'
import { changedNames, readProcessState } from './process-state.js'

// Vitest does so itself, but only in the first file of a process.
process.exit = (code = process.exitCode) => {
  throw new Error(`process.exit unexpectedly called with "${code ?? 0}"`)
}

const before = readProcessState()

// Hooks run in the reverse order of registration: this one is the last.
afterAll(() => {
  const changed = changedNames(before, readProcessState())
  if (changed.length > 0)
    throw new Error(
      `changed for the next test file in this process: ${changed.join(', ')}. Restore it in a hook, or list the file in testing/src/own-process.ts`,
    )
})
