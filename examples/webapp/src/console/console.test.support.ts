import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:http'
import type { ToriiOptions } from 'torii-auth'
import { Torii } from 'torii-auth'
import { PostgresStorage } from 'torii-storage-postgres'
import { testDatabase } from 'torii-testing'
import { afterAll } from 'vitest'
import { testKeys } from '../application.test.support.js'
import { loadAssets } from '../assets.js'
import { parseKeys } from '../settings.js'
import { startConsole } from './console.js'
import { createQueries } from './queries.js'

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Fields of a form; sent with the headers of a browser unless others are given. */
  readonly form?: Readonly<Record<string, string>>
}

/** A running console over a new database, with further options of Torii. */
export async function openConsole(options: Partial<ToriiOptions> = {}) {
  const db = await testDatabase()
  const storage = await PostgresStorage.connect(db.url)
  const torii = new Torii(storage, {
    baseUrl: 'http://localhost:3000',
    keys: parseKeys(testKeys),
    audit: true,
    ...options,
  })
  const printed: string[] = []
  const { url, stop } = await startConsole({
    torii,
    queries: createQueries(storage, 'torii'),
    port: 0,
    assets: await loadAssets(),
    print: (line) => printed.push(line),
  })
  afterAll(async () => {
    await stop()
    await torii.settled()
    await storage.close()
  })

  const send = (path: string, { method, headers = {}, form }: Sent = {}): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const body = form === undefined ? undefined : new URLSearchParams(form).toString()
      const outgoing = request(new URL(path, url), {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(body === undefined
            ? {}
            : {
                origin: url,
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body)),
              }),
          ...headers,
        },
      })
      outgoing.on('error', reject)
      outgoing.on('response', (incoming) => {
        incoming.setEncoding('utf8')
        incoming.toArray().then(
          (parts) =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: parts.join(''),
            }),
          reject,
        )
      })
      outgoing.end(body)
    })

  /** The secret that was printed last. */
  const secret = () => printed.at(-1)?.replace('Admin secret ', '') ?? ''
  /** Signs an operator in; the Cookie header of their browser. */
  const signIn = async (): Promise<{ cookie: string }> => {
    await send('/sign-in')
    const answered = await send('/sign-in', { form: { secret: secret() } })
    return { cookie: answered.headers['set-cookie']?.[0]?.split(';')[0] ?? '' }
  }
  return { db, torii, url, printed, send, secret, signIn }
}
