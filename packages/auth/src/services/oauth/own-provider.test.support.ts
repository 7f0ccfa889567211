import type { KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CompactSign, exportJWK, SignJWT } from 'jose'
import { afterAll } from 'vitest'
import { newKeyPair } from '../../test/key-pair.test.support.js'

/** Answers one request of a test's own provider. */
export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

/**
 * A provider that answers what the test tells it to, also what no provider should: over real HTTP, with a
 * real key. Paths are `/.well-known/openid-configuration`, `/authorize`, `/token`, `/keys`, `/userinfo`.
 */
export interface OwnProvider {
  readonly origin: string
  readonly key: KeyObject
  /** The public key as the path `/keys` has it. */
  readonly publicJwk: object
  /** What was asked, `METHOD PATH`, and with which body and headers. */
  readonly requests: {
    readonly asked: string
    readonly body: string
    readonly headers: IncomingHttpHeaders
  }[]
  /** How a path is answered from now on. */
  answer(path: string, how: Answer): void
  /** A path answers with this JSON from now on. */
  json(path: string, value: unknown, status?: number): void
  /** A path answers with this text as JSON from now on, digit by digit. */
  text(path: string, text: string, contentType?: string): void
  /** A JWT with this text as its payload, digit by digit, under the provider's key. */
  jwtOf(payload: string): Promise<string>
  /** An ID token of these claims under the provider's key. */
  idToken(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

/** One for all of a test file: making an RSA key takes longer than everything else here. */
const { privateKey, publicKey } = newKeyPair('RSA')

/** Starts one; it stops with the test file. */
export async function startOwnProvider(): Promise<OwnProvider> {
  const answers = new Map<string, Answer>()
  const requests: OwnProvider['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url?.split('?')[0] ?? ''
      const body = Buffer.concat(chunks).toString()
      requests.push({ asked: `${request.method} ${path}`, body, headers: request.headers })
      const answer = answers.get(path)
      if (answer === undefined) response.writeHead(404).end()
      else answer(request, response, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const publicJwk = { ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig', alg: 'RS256' }
  const provider: OwnProvider = {
    origin,
    key: privateKey,
    publicJwk,
    requests,
    answer: (path, how) => void answers.set(path, how),
    text(path, text, contentType = 'application/json') {
      provider.answer(path, (_request, response) => {
        response.writeHead(200, { 'content-type': contentType }).end(text)
      })
    },
    jwtOf: (payload) =>
      new CompactSign(Buffer.from(payload))
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .sign(privateKey),
    json(path, value, status = 200) {
      provider.answer(path, (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(value))
      })
    },
    idToken: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
        .sign(privateKey),
  }
  provider.json('/.well-known/openid-configuration', {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/keys`,
    userinfo_endpoint: `${origin}/userinfo`,
    id_token_signing_alg_values_supported: ['RS256'],
    userinfo_signing_alg_values_supported: ['RS256'],
  })
  provider.json('/keys', { keys: [publicJwk] })
  return provider
}
