/** Torii of each of the servers in this folder. */
import { Torii } from 'torii-auth'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

export const port = Number(process.env.PORT ?? 3000)
export const storage = await PostgresStorage.connect(
  process.env.DATABASE_URL ?? 'pglite:.torii/data',
)
await storage.migrate()

export const torii = new Torii(storage, { baseUrl: `http://localhost:${port}` })
export const auth = createHandler(torii)
