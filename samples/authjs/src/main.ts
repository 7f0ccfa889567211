import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { PostgresStorage } from 'torii-storage-postgres'
import { createApp } from './app.js'

const { AUTH_SECRET, TORII_KEY, ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env
if (!AUTH_SECRET || !TORII_KEY || !ISSUER || !CLIENT_ID || !CLIENT_SECRET)
  throw new Error('set AUTH_SECRET, TORII_KEY, ISSUER, CLIENT_ID and CLIENT_SECRET')

const storage = await PostgresStorage.connect(process.env.DATABASE_URL ?? 'pglite:.torii/data')
await storage.migrate()
const { auth, session } = createApp({
  storage,
  secret: AUTH_SECRET,
  keys: [{ id: 'k1', secret: TORII_KEY }],
  provider: { issuer: ISSUER, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
  // A real application sends a mail.
  sendMail: async (to, link) => console.log(`mail to ${to}: ${link}`),
})

const app = new Hono()
app.all('/auth/*', (context) => auth(context.req.raw))
app.get('/', async (context) => {
  const current = await session(context.req.raw)
  return context.json({ email: current?.user?.email ?? null })
})
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' })
