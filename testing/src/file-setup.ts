// Loaded by Vitest into the process of every test file, before the file.
import { afterAll, expect } from 'vitest'
import { dropTestDatabases } from './database.js'
import { noteFork } from './forks.js'

const forks = process.env.TORII_TEST_FORKS
if (forks !== undefined) noteFork(forks, expect.getState().testPath ?? 'a test file')

// Hooks run in the reverse order of registration: this one after all hooks of the file.
afterAll(dropTestDatabases)
