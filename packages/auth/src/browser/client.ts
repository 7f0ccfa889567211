/** Why something did not happen. `error` is a code of the server's closed list, `message` a sentence for people. */
export interface Refusal {
  readonly ok: false
  /**
   * A code of docs/errors.md; `network` when there was no answer of Torii's, `cancelled` when the person or
   * the browser broke a passkey off, `unsupported` when the browser has no passkeys.
   */
  readonly error: string
  readonly message: string
  /** The field that is wrong. */
  readonly field?: string
  /** Why a password is refused. */
  readonly reason?: string
  /** Seconds to wait before trying again. */
  readonly retryAfterSeconds?: number
}

/** What was done, with what came back. */
export type Done<Answer extends object> = { readonly ok: true } & Answer

/** Either. `if (outcome.ok)` narrows it. Nothing of this client throws. */
export type Outcome<Answer extends object> = Done<Answer> | Refusal

/** Where Torii is. */
export interface ClientOptions {
  /** The path that Torii's routes lie under (default: `/auth`). */
  readonly basePath?: string
  /** For tests and servers (default: the browser's own). */
  readonly fetch?: typeof fetch
}

/** Sends requests to Torii. Every function of this package takes one. */
export interface Client {
  send<Answer extends object>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<Outcome<Answer>>
}

/** Makes a client for the page's own site: the session is in a cookie that no script can read. */
export function createClient({ basePath = '/auth', fetch: given }: ClientOptions = {}): Client {
  const ask = given ?? ((input: string, init: RequestInit) => fetch(input, init))
  return {
    async send<Answer extends object>(method: string, path: string, body?: object) {
      try {
        const response = await ask(`${basePath}/${path}`, {
          method,
          credentials: 'same-origin',
          headers: {
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        return await read<Answer>(response)
      } catch {
        return noAnswer
      }
    },
  }
}

const noAnswer: Refusal = Object.freeze({
  ok: false,
  error: 'network',
  message: 'The server could not be reached. Check the connection and try again.',
})

async function read<Answer extends object>(response: Response): Promise<Outcome<Answer>> {
  const text = await response.text()
  // An answer that is no JSON was not written by Torii: JSON.parse throws, which is "no answer".
  const json: unknown = text === '' ? {} : JSON.parse(text)
  if (typeof json !== 'object' || json === null) return noAnswer
  // The server's answers have the shapes of its OpenAPI document, which its own tests hold.
  if (response.ok) return { ok: true, ...json } as Done<Answer>
  const wait = Number(response.headers.get('retry-after'))
  return {
    error: 'network',
    message: noAnswer.message,
    ...json,
    ok: false,
    ...(wait > 0 ? { retryAfterSeconds: wait } : {}),
  }
}
