import fc from 'fast-check'
import type { Route } from '../routes/route.js'
import { routes } from '../routes/routes.js'
import { membersOf } from '../schema/schema.js'
import type { RawRequest } from './raw-exchange.test.support.js'

/** What the generators may use of a real account, none of which may come to harm. */
export interface Target {
  readonly origin: string
  /** A live session's token. */
  readonly token: string
  readonly cookieName: string
}

const id = '0190f000-0000-7000-8000-000000000000'

const pathOf = ({ path }: Route): string =>
  `/auth/${path.replace(':id', id).replace(':provider', 'nobody')}`

/** Texts that have broken parsers, comparisons and queries elsewhere. */
const oddTexts = fc.constantFrom(
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e',
  'a@b\r\nBcc: c@d',
  '__proto__',
  'constructor',
  "' or 1=1 --",
  '%00',
  '%ff%fe',
  '../../etc/passwd',
  '💩'.repeat(300),
  'x'.repeat(5000),
  '@'.repeat(100),
  '1e999',
)

const anyText = fc.oneof(oddTexts, fc.string({ unit: 'binary', maxLength: 60 }), fc.string())

/** Bytes that a header may carry without the server's own parser refusing it. */
const headerText = fc
  .oneof(anyText, fc.string({ unit: 'grapheme-ascii', maxLength: 200 }))
  .map((text) =>
    Buffer.from(text)
      .toString('latin1')
      .replace(/\p{Cc}/gu, ''),
  )

const target = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...routes.map(pathOf)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...routes.map(pathOf)), fc.webQueryParameters(), headerText)
      .map(([path, query, odd]) => `${path}?token=${encodeURIComponent(odd)}&${query}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('/auth/sessions/', '/auth/passkeys/', '/auth/oauth/accounts/', '/'),
        headerText,
      )
      .map(([path, odd]) => path + odd.replaceAll(' ', '%20')),
  },
  { weight: 1, arbitrary: fc.webPath() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      '//auth/session',
      'http://evil.example/auth/session',
      '/auth/%',
      `/auth/${'a'.repeat(9000)}`,
    ),
  },
)

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'HEAD') },
  { weight: 1, arbitrary: fc.constantFrom('PUT', 'OPTIONS', 'TRACE', 'PROPFIND', 'BREW', 'post') },
)

/** Every field there is, with values of every kind. A valid address is not among them: it could register. */
const fieldNames = [...new Set(routes.flatMap(({ body }) => Object.keys(membersOf(body ?? {}))))]
const fields = fc.dictionary(
  fc.constantFrom(...fieldNames, '__proto__', 'userId', 'role'),
  fc.oneof(anyText, fc.jsonValue(), fc.constant(id)),
  { maxKeys: 6 },
)

const json = fc.oneof(
  { weight: 6, arbitrary: fields.map((body) => Buffer.from(JSON.stringify(body))) },
  { weight: 2, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      Buffer.from('['.repeat(16_000)),
      Buffer.from('{"a":'.repeat(3000)),
      Buffer.from('{"email":"a","email":{"$gt":""}}'),
      Buffer.from('{"email":"\\ud800","password":"\\u0000"}'),
      Buffer.from('\ufeff{"email":"a"}'),
      Buffer.from('{"email":"a","password":"b"}', 'utf16le'),
      Buffer.from('7b22656d61696c223a22ff22', 'hex'),
      Buffer.alloc(20_000, 'x'),
      Buffer.alloc(300_000, '{'),
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
)

const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-16',
      'application/json;charset="utf-8"',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/json, text/plain',
    ),
  },
  { weight: 1, arbitrary: headerText },
)

/** Tokens that are almost the real one, and texts that are none. */
const almostToken = (token: string) =>
  fc.oneof(
    fc.nat(token.length - 1).chain((at) =>
      fc
        .constantFrom('A', 'B', '-')
        .filter((queuedMail) => queuedMail !== token[at])
        .map((queuedMail) => token.slice(0, at) + queuedMail + token.slice(at + 1)),
    ),
    fc.constantFrom(token.slice(0, -1), `${token}A`, token.toUpperCase(), ` ${token.slice(1)}`),
    headerText,
  )

const foreignOrigin = fc.constantFrom(
  'https://evil.example',
  'null',
  'http://localhost:1',
  'file://',
)

type Header = readonly [name: string, value: string]

/** How a body is announced, and whether what was announced is then sent. */
const framing = (body: Buffer): fc.Arbitrary<{ headers: readonly Header[]; isWhole: boolean }> => {
  const length: Header = ['content-length', String(body.length)]
  const whole = (...more: Header[]) => ({
    headers: [['connection', 'close'] as const, length, ...more],
    isWhole: true,
  })
  const wrong = (...headers: Header[]) => ({ headers, isWhole: false })
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(whole()) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        whole(['content-encoding', 'gzip']),
        whole(['expect', '100-continue']),
        whole(['expect', 'the unexpected']),
        whole(['upgrade', 'h2c']),
        wrong(['content-length', String(body.length + 10)]),
        wrong(['content-length', String(Math.max(0, body.length - 3))]),
        wrong(['content-length', '-1']),
        wrong(['content-length', '1e3']),
        wrong(['transfer-encoding', 'chunked']),
        wrong(['transfer-encoding', 'gzip, chunked']),
        wrong(['content-length', '5'], ['transfer-encoding', 'chunked']),
      ),
    },
  )
}

const headerName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)

/**
 * Who asks: no one, someone with a token that is almost right, or the account's own browser on a foreign page.
 * The real token never comes with the site's own Origin, so no request may do anything.
 */
const credentials = ({ token, cookieName, origin }: Target): fc.Arbitrary<readonly Header[]> =>
  fc.oneof(
    fc.constant([['origin', origin] as const]),
    almostToken(token).map((odd) => [
      ['origin', origin] as const,
      ['cookie', `${cookieName}=${odd}`] as const,
    ]),
    almostToken(token).map((odd) => [['authorization', `Bearer ${odd}`] as const]),
    headerText.map((odd) => [['origin', origin] as const, ['cookie', odd] as const]),
    headerText.map((odd) => [['authorization', odd] as const]),
    fc.nat(3000).map((count) => [['cookie', 'a=b; '.repeat(count)] as const]),
    foreignOrigin.map((foreign) => [
      ['origin', foreign] as const,
      ['cookie', `${cookieName}=${token}`] as const,
    ]),
  )

/** Requests of an attacker, every one of which must leave every row as it is. */
export const hostileRequests = (site: Target): fc.Arbitrary<RawRequest> =>
  json.chain((body) =>
    fc
      .record({
        method,
        target,
        who: credentials(site),
        type: contentType,
        framing: framing(body),
        odd: fc.array(fc.tuple(headerName, headerText), { maxLength: 4 }),
        leaves: fc.oneof(
          { weight: 8, arbitrary: fc.constant(null) },
          { weight: 1, arbitrary: fc.nat(400) },
        ),
      })
      .map(({ method, target, who, type, framing, odd, leaves }) => ({
        method,
        target,
        headers: [
          ['host', 'localhost'],
          ...who,
          ['content-type', type],
          ...framing.headers,
          ...odd,
        ],
        body,
        ending: leaves ?? (framing.isWhole ? 'whole' : 'short'),
      })),
  )
