import { Torii } from 'torii-auth'
import type { AuthHandler } from 'torii-auth/http'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

/** The services, and the handler of their routes. */
interface Opened {
  readonly torii: Torii
  readonly auth: AuthHandler
}

const opened = globalThis as typeof globalThis & { torii?: Promise<Opened> }

/** Opened by the first request and kept: building needs no database, and bundles share one storage. */
export const openTorii = (): Promise<Opened> => {
  opened.torii ??= open().catch((error: unknown) => {
    delete opened.torii
    throw error
  })
  return opened.torii
}

/** The handler, for torii-auth/next. */
export const openAuth = async (): Promise<AuthHandler> => (await openTorii()).auth

async function open(): Promise<Opened> {
  const storage = await PostgresStorage.connect(process.env.DATABASE_URL ?? 'pglite:.torii/data')
  await storage.migrate()
  const torii = new Torii(storage, { baseUrl: process.env.BASE_URL ?? 'http://localhost:3000' })
  return { torii, auth: createHandler(torii) }
}
