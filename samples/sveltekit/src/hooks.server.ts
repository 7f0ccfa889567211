import type { Handle, ServerInit } from '@sveltejs/kit'
import { Torii } from 'torii-auth'
import type { AuthHandler } from 'torii-auth/http'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

let auth: AuthHandler

export const init: ServerInit = async () => {
  const storage = await PostgresStorage.connect(process.env.DATABASE_URL ?? 'pglite:.torii/data')
  await storage.migrate()
  auth = createHandler(
    new Torii(storage, { baseUrl: process.env.ORIGIN ?? 'http://localhost:3000' }),
  )
}

/** Torii serves the paths below its `basePath`; every other page can read `locals.signedIn`. */
export const handle: Handle = async ({ event, resolve }) => {
  if (event.url.pathname.startsWith(`${auth.basePath}/`))
    return auth(event.request, { ip: event.getClientAddress() })
  event.locals.signedIn = await auth.getSession(event.request)
  return resolve(event)
}
