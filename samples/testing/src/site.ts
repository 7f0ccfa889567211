import { randomBytes } from 'node:crypto'
import type { OAuthProvider } from 'torii-auth'
import { createTestKit, createTestMailbox } from 'torii-auth/testing'
import { PostgresStorage } from 'torii-storage-postgres'
import { createApp } from './app.js'

/** Opens the application on a database of its own: embedded, or a schema of the PostgreSQL in DATABASE_URL. */
export async function openSite(providers: OAuthProvider[] = []) {
  const schema = `test_${randomBytes(6).toString('hex')}`
  const storage = await PostgresStorage.connect(process.env.DATABASE_URL ?? 'pglite:', { schema })
  await storage.migrate()
  const mailbox = createTestMailbox()
  const keys = [{ id: 'test', secret: randomBytes(32) }]
  const baseUrl = 'https://notes.example'
  const site = createApp({ storage, baseUrl, mailer: mailbox, keys, providers })
  return {
    ...site,
    baseUrl,
    mailbox,
    kit: createTestKit(site.torii, storage),
    async close() {
      await storage.dropAllData(schema)
      await storage.close()
    },
  }
}
