// Loaded by Vitest before every test file, into the process that runs it.
import { afterAll, expect } from 'vitest'
import { dropTestDatabases } from './database.js'
import { noteFork } from './forks.js'
import { beginSecretsFile } from './issued-secrets.js'

const forks = process.env.TORII_TEST_FORKS
if (forks !== undefined) noteFork(forks, expect.getState().testPath ?? 'a test file')

beginSecretsFile()

// Hooks run in the reverse order of registration: this one after all hooks of the file.
afterAll(dropTestDatabases)
