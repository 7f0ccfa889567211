import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'vitest'
import { changedNames, readProcessState } from './process-state.js'

const listener = () => {}
const { createHash } = crypto
const { fetch } = globalThis
const { now } = Date
const { log } = console
const { normalize } = String.prototype
const cwd = process.cwd()

const changes: readonly (readonly [name: string, change: () => void, restore: () => void])[] = [
  [
    'process.env.CHANGED_BY_A_TEST',
    () => Object.assign(process.env, { CHANGED_BY_A_TEST: '1' }),
    () => Reflect.deleteProperty(process.env, 'CHANGED_BY_A_TEST'),
  ],
  ['process.cwd()', () => process.chdir('/'), () => process.chdir(cwd)],
  [
    'the listeners of process for SIGUSR2',
    () => process.on('SIGUSR2', listener),
    () => process.off('SIGUSR2', listener),
  ],
  [
    'globalThis.addedByTest',
    () => Object.assign(globalThis, { addedByTest: 1 }),
    () => Reflect.deleteProperty(globalThis, 'addedByTest'),
  ],
  [
    'globalThis.fetch',
    () => Object.assign(globalThis, { fetch: listener }),
    () => Object.assign(globalThis, { fetch }),
  ],
  [
    'crypto.createHash',
    () => replaceCreateHash((...given: Parameters<typeof createHash>) => createHash(...given)),
    () => replaceCreateHash(createHash),
  ],
  ['Date.now', () => Object.assign(Date, { now: () => 0 }), () => Object.assign(Date, { now })],
  [
    'console.log',
    () => Object.assign(console, { log: listener }),
    () => Object.assign(console, { log }),
  ],
  [
    'String.prototype.normalize',
    () => Object.assign(String.prototype, { normalize: () => '' }),
    () => Object.assign(String.prototype, { normalize }),
  ],
]

function replaceCreateHash(replacement: typeof createHash): void {
  crypto.createHash = replacement
  syncBuiltinESMExports()
}

for (const [name, change, restore] of changes)
  test(`a change of ${name} is seen until it is restored`, () => {
    const before = readProcessState()
    change()
    const changed = readProcessState()
    restore()
    assert.deepEqual(changedNames(before, changed), [name])
    assert.deepEqual(changedNames(before, readProcessState()), [])
  })
