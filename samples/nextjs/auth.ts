import { Torii } from 'torii-auth'
import type { AuthHandler } from 'torii-auth/http'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

const opened = globalThis as typeof globalThis & { toriiHandler?: Promise<AuthHandler> }

/** Opened by the first request and kept: building needs no database, and bundles share one storage. */
export const openAuth = (): Promise<AuthHandler> => {
  opened.toriiHandler ??= open().catch((error: unknown) => {
    delete opened.toriiHandler
    throw error
  })
  return opened.toriiHandler
}

async function open(): Promise<AuthHandler> {
  const storage = await PostgresStorage.connect(process.env.DATABASE_URL ?? 'pglite:.torii/data')
  await storage.migrate()
  return createHandler(
    new Torii(storage, { baseUrl: process.env.BASE_URL ?? 'http://localhost:3000' }),
  )
}
