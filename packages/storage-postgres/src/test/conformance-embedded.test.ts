import type { ConformanceStorage } from 'torii-conformance'
import { conformance } from 'torii-conformance'
import { elapse } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'

describe('conformance over the embedded engine', () => {
  let storage: PostgresStorage
  let conforming: ConformanceStorage

  beforeAll(async () => {
    storage = await PostgresStorage.connect('pglite:')
    await storage.migrate()
    conforming = Object.assign(storage, {
      elapse: (seconds: number) =>
        storage.transaction((tx) =>
          elapse((text, values) => tx.query(text, values), 'torii', seconds),
        ),
    })
  })
  afterAll(() => storage.close())

  // One connection: nothing runs beside an open transaction.
  for (const promise of conformance.filter(({ needs }) => !needs.includes('concurrency')))
    test(promise.name, () => promise.run(conforming))
})
