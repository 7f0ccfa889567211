import { Torii } from 'torii-auth'
import type { AuthHandler } from 'torii-auth/http'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

export let torii: Torii
export let auth: AuthHandler

/** Called by the `init` hook: building needs no database. */
export async function openTorii(): Promise<void> {
  const storage = await PostgresStorage.connect(process.env.DATABASE_URL ?? 'pglite:.torii/data')
  await storage.migrate()
  torii = new Torii(storage, { baseUrl: process.env.ORIGIN ?? 'http://localhost:3000' })
  auth = createHandler(torii)
}
