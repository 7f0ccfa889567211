import { Hono } from 'hono'
import type { Mailer, OAuthProvider } from 'torii-auth'
import { Torii } from 'torii-auth'
import { requireUser, userOf } from 'torii-auth/hono'
import { createHandler } from 'torii-auth/http'
import type { PostgresStorage } from 'torii-storage-postgres'

/** What differs between production and tests. */
export interface Surroundings {
  storage: PostgresStorage
  baseUrl: string
  mailer: Mailer
  keys: { id: string; secret: Uint8Array }[]
  providers: OAuthProvider[]
}

/** The application: notes of signed-in users. */
export function createApp({ storage, providers, ...options }: Surroundings) {
  const torii = new Torii(storage, { ...options, oauth: { providers }, log: null })
  const auth = createHandler(torii)
  const notes = new Map<string, string[]>()
  const app = new Hono()
  app.all('/auth/*', (context) => auth(context.req.raw))
  app.get('/notes', requireUser(auth), (context) =>
    context.json(notes.get(userOf(context).id) ?? []),
  )
  app.post('/notes', requireUser(auth), async (context) => {
    const { id } = userOf(context)
    const mine = [...(notes.get(id) ?? []), await context.req.text()]
    notes.set(id, mine)
    return context.json(mine, 201)
  })
  return { app, torii, auth }
}
