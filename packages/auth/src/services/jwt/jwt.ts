import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose'
import { exportJWK, jwtVerify, SignJWT } from 'jose'
import type { Json, SessionId, SignInMethod, UserId, ValidSession } from 'torii-core'
import { InvalidOptionsError, parseSessionId, parseUserId, Secret } from 'torii-core'
import type { JwtOptions } from '../options/jwt.js'
import type { ResolvedOptions } from '../options/options.js'

/** A token that says who is signed in, for a while, to whoever has the public keys. */
export class SessionJwt extends Secret {
  declare readonly kind: 'SessionJwt'
}

/** A token just made. */
export interface MintedJwt {
  readonly jwt: SessionJwt
  readonly expiresAt: Date
}

/** What a good token says. */
export interface JwtClaims {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly methods: readonly SignInMethod[]
  /** When the person last proved who they are. */
  readonly authenticatedAt: Date
  readonly expiresAt: Date
  /** Everything in it, the application's own claims too. */
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Short-lived tokens minted from a live session; not a second kind of session. Nobody can end one: an ended
 * session may be taken for a live one for as long as `jwt.lifetimeSeconds`, so nothing sensitive should
 * be decided by a token alone.
 * @see RFC 8725; OWASP ASVS 5.0, 9.1.1 to 9.2.4
 */
export interface JwtService<Metadata extends object = Record<string, Json>> {
  /**
   * A token for the person of this session. No statement.
   * @throws InvalidOptionsError without the option `jwt`, and for a claim whose name is taken
   */
  mint(valid: ValidSession<Metadata>): Promise<MintedJwt>
  /** The public keys, for `GET /auth/jwks`: the same document until the option changes. */
  keys(): Promise<JSONWebKeySet>
  /**
   * What a token of {@link mint} says, or null for every other text: unsigned, of another key, algorithm, type,
   * issuer or audience, expired, or pointing to keys of its own. Takes any value. No statement, so it
   * does not know whether the session has ended since.
   */
  verify(jwt: string | SessionJwt): Promise<JwtClaims | null>
}

/** Other tokens of the same keys, should there ever be some, have another type. @see RFC 8725 section 3.11 */
const type = 'session+jwt'
const ownClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'amr', 'auth_time']
/** Headers by which a token would bring its own key. @see RFC 8725 section 3.10 */
const keyHeaders = ['jku', 'jwk', 'x5u', 'x5c']
/** Clocks of two machines that are kept in time. */
const toleranceSeconds = 5

export function createJwtService<Metadata extends object>({
  jwt,
  baseUrl,
}: Pick<ResolvedOptions, 'jwt' | 'baseUrl'>): JwtService<Metadata> {
  const issuer = baseUrl.origin
  const options = (): JwtOptions => {
    if (jwt !== null) return jwt
    throw new InvalidOptionsError('jwt', 'is needed to make and verify tokens')
  }
  let published: Promise<JSONWebKeySet> | undefined
  return {
    async mint(valid) {
      const { keys, audience, lifetimeSeconds, claims } = options()
      const [{ id, algorithm, privateKey }] = keys
      const issuedAt = Math.floor(Date.now() / 1000)
      const sessionEnds = Math.floor(valid.session.absoluteExpiresAt.getTime() / 1000)
      const expiresAt = Math.min(issuedAt + lifetimeSeconds, sessionEnds)
      const signer = new SignJWT({ ...extraClaims(claims(valid)), ...sessionClaims(valid) })
        .setProtectedHeader({ alg: algorithm, kid: id, typ: type })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(valid.user.id)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
      const jwt = new SessionJwt(await signer.sign(privateKey))
      return { jwt, expiresAt: new Date(expiresAt * 1000) }
    },
    keys() {
      published ??= publicKeys(options())
      return published
    },
    async verify(token) {
      const text = token instanceof SessionJwt ? token.reveal() : token
      if (typeof text !== 'string' || text.length > maxLength) return null
      const { keys, audience } = options()
      try {
        const { payload } = await jwtVerify(text, keyOf(keys), {
          issuer,
          audience,
          typ: type,
          algorithms: keys.map(({ algorithm }) => algorithm),
          requiredClaims: ['exp', 'iat', 'sub', 'sid', 'auth_time'],
          clockTolerance: toleranceSeconds,
        })
        return toClaims(payload)
      } catch {
        // Whatever is wrong with it, it is not one of ours.
        return null
      }
    },
  }
}

/** Longer than any token with reasonable claims; nothing longer is parsed. */
const maxLength = 8192

const sessionClaims = ({ session }: ValidSession<object>) => ({
  sid: session.id,
  amr: session.methods,
  auth_time: Math.floor(session.authenticatedAt.getTime() / 1000),
})

/** @throws InvalidOptionsError */
function extraClaims(claims: Readonly<Record<string, unknown>>) {
  for (const name of Object.keys(claims))
    if (ownClaims.includes(name))
      throw new InvalidOptionsError(
        'jwt.claims',
        `must not set ${name}, which the token sets itself`,
      )
  return claims
}

async function publicKeys({ keys }: JwtOptions): Promise<JSONWebKeySet> {
  const published = keys.map(async ({ id, algorithm, publicKey }) => ({
    ...(await exportJWK(publicKey)),
    kid: id,
    alg: algorithm,
    use: 'sig',
  }))
  return { keys: await Promise.all(published) }
}

/** The key that the header names, under its own algorithm and no other. @see RFC 8725 section 3.1 */
const keyOf =
  (keys: JwtOptions['keys']): JWTVerifyGetKey =>
  (header) => {
    const key = keys.find(({ id }) => id === header.kid)
    if (key === undefined || key.algorithm !== header.alg) throw new Error('no such key')
    if (keyHeaders.some((name) => name in header)) throw new Error('brings its own key')
    return key.publicKey
  }

function toClaims(payload: JWTPayload): JwtClaims | null {
  const [userId, sessionId] = [parseUserId(payload.sub), parseSessionId(payload.sid)]
  const { exp, auth_time: authTime, amr } = payload
  if (userId === null || sessionId === null || exp === undefined) return null
  if (typeof authTime !== 'number' || !Array.isArray(amr)) return null
  return {
    userId,
    sessionId,
    // Signed by us, so these are what mint wrote.
    methods: amr as SignInMethod[],
    authenticatedAt: new Date(authTime * 1000),
    expiresAt: new Date(exp * 1000),
    payload,
  }
}
