import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions, readSources, renderOptions } from '../options-docs.mjs'
import { makeRepository } from './fixture.mjs'

const folder = 'packages/auth/src/services/options'
const files = {
  [`${folder}/options.ts`]: `
    export interface ToriiOptions {
      /** Where it is. */
      baseUrl: string
      /** Keeps it (default: not kept). */
      audit?: boolean | Partial<AuditOptions>
      session?: Partial<SessionOptions>
      hooks?: Hooks
    }
    /** What is done along. */
    export interface Hooks {
      /** Runs in the commit. */
      onUserCreated?(tx: object): Promise<void>
    }`,
  [`${folder}/session.ts`]: `
    /** How long. */
    export interface SessionOptions extends Lifetime {
      /** Seconds | idle (default: 7 days). */
      readonly idleSeconds: number
    }
    interface Lifetime {
      /** Whatever the activity (default: the cores (of it)). */
      readonly end: number
    }`,
  [`${folder}/audit.ts`]: `export interface AuditOptions { readonly retentionSeconds: number }`,
  [`${folder}/defaults.ts`]: `
    export const defaults = Object.freeze({
      session: Object.freeze({
        /** NIST says so. */
        idleSeconds: 604_800,
        end: cores(),
      }),
      audit: Object.freeze({ retentionSeconds: 60 }),
    })`,
}

test('options: every option has its type, its default, its meaning and the source of the default', (t) => {
  const read = readSources(makeRepository(t, files))
  const text = renderOptions(readOptions(read, 'ToriiOptions'))
  for (const line of [
    '| `baseUrl` | `string` | none: required | Where it is. |',
    '| `audit` | `boolean \\| Partial<AuditOptions>` | not kept | Keeps it. |',
    '| `idleSeconds` | `number` | `604800` | Seconds \\| idle.<br>*NIST says so.* |',
    '| `end` | `number` | the cores (of it) | Whatever the activity. |',
    '| `retentionSeconds` | `number` | `60` |  |',
    '| `onUserCreated` | `function` | none | Runs in the commit. |',
  ])
    assert.ok(text.includes(`${line}\n`), `${line}\n${text}`)
  assert.deepEqual(text.match(/^## .*$/gm), ['## audit', '## session', '## hooks'])
})
