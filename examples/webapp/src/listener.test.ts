import assert from 'node:assert/strict'
import { test } from 'vitest'
import { listen } from './listener.js'
import { SettingsError } from './settings.js'

test('a port or an address that cannot be had is told with what to set', async () => {
  const first = await listen('127.0.0.1', 0)
  try {
    await assert.rejects(listen('127.0.0.1', first.port), (error: unknown) => {
      assert.ok(error instanceof SettingsError)
      assert.match(
        error.message,
        new RegExp(`^Port ${first.port} is taken on 127\\.0\\.0\\.1\\..*PORT`),
      )
      return true
    })
    // 192.0.2.0/24 is for documents only, so no machine has it. RFC 5737.
    await assert.rejects(
      listen('192.0.2.1', 0),
      (error: unknown) => error instanceof SettingsError && /^HOST must be/.test(error.message),
    )
  } finally {
    first.serve(() => undefined)
    await first.stop()
  }
})
