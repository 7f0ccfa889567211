import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose'
import { exportJWK, jwtVerify, SignJWT } from 'jose'
import type {
  AuthenticationMethod,
  Json,
  SessionId,
  SessionLevel,
  UserId,
  ValidSession,
} from 'torii-core'
import { InvalidOptionsError, parseSessionId, parseUserId, Secret } from 'torii-core'
import type { JwtOptions } from '../options/jwt.js'
import type { ResolvedOptions } from '../options/options.js'

/** A short-lived token for a session, which services verify with the public keys. */
export class SessionJwt extends Secret {
  declare readonly kind: 'SessionJwt'
}

/** A new token. */
export interface MintedJwt {
  readonly jwt: SessionJwt
  readonly expiresAt: Date
}

/** The claims of a valid token. */
export interface JwtClaims {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly methods: readonly AuthenticationMethod[]
  /** How many factors were proved in the session. */
  readonly level: SessionLevel
  /** When two factors were last proved; null while `level` is 1. */
  readonly level2At: Date | null
  /** When the user last authenticated. */
  readonly authenticatedAt: Date
  readonly expiresAt: Date
  /** All claims, including those of the application. */
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Short-lived tokens for a live session. They cannot be revoked: after a session has ended, its tokens are valid for up
 * to `jwt.lifetimeSeconds`, so do not decide anything sensitive by a token alone.
 * @see RFC 8725; OWASP ASVS 5.0, 9.1.1 to 9.2.4
 */
export interface JwtService<Metadata extends object = Record<string, Json>> {
  /**
   * Creates a token for this session. No statement. Its times count from the validation of the session by the database's
   * clock, so a wrong clock of this process does not change them: validate the session in the same request.
   * @throws InvalidOptionsError without the option `jwt`, and for a claim that Torii sets itself
   */
  mint(valid: ValidSession<Metadata>): Promise<MintedJwt>
  /** Returns the public keys, for the route `jwks`. They change only with the option. */
  keys(): Promise<JSONWebKeySet>
  /**
   * Verifies a token and returns its claims. Returns null for any other value: unsigned, expired, with another key,
   * algorithm, type, issuer or audience, or with its own keys. No statement, so it does not check whether the session
   * has ended. It uses the clock of this process, with a tolerance of five seconds.
   */
  verify(jwt: string | SessionJwt): Promise<JwtClaims | null>
}

/** Distinguishes these tokens from others under the same keys. @see RFC 8725 section 3.11 */
const type = 'session+jwt'
const ownClaims = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'acr', 'amr', 'auth_time'],
  'level2_time',
]
/** The headers with which a token could provide its own key. @see RFC 8725 section 3.10 */
const keyHeaders = ['jku', 'jwk', 'x5u', 'x5c']
/** The difference between two synchronized clocks. */
const toleranceSeconds = 5

export function createJwtService<Metadata extends object>({
  jwt,
  baseUrl,
}: Pick<ResolvedOptions, 'jwt' | 'baseUrl'>): JwtService<Metadata> {
  const issuer = baseUrl.origin
  const options = (): JwtOptions => {
    if (jwt !== null) return jwt
    throw new InvalidOptionsError('jwt', 'is required to create and verify tokens')
  }
  let published: Promise<JSONWebKeySet> | undefined
  return {
    async mint(valid) {
      const { keys, audience, lifetimeSeconds, claims } = options()
      const [{ id, algorithm, privateKey }] = keys
      const issuedAt = Math.floor(valid.validatedAt.getTime() / 1000)
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
        // Every error means that the token is invalid.
        return null
      }
    },
  }
}

/** Longer than any token with reasonable claims. Longer values are not parsed. */
const maxLength = 8192

const sessionClaims = ({ session }: ValidSession<object>) => ({
  sid: session.id,
  acr: String(session.level),
  amr: session.methods,
  auth_time: secondsOf(session.authenticatedAt),
  ...(session.level2At === null ? {} : { level2_time: secondsOf(session.level2At) }),
})

const secondsOf = (time: Date): number => Math.floor(time.getTime() / 1000)

/** @throws InvalidOptionsError */
function extraClaims(claims: Readonly<Record<string, unknown>>) {
  for (const name of Object.keys(claims))
    if (ownClaims.includes(name))
      throw new InvalidOptionsError(
        'jwt.claims',
        `must not contain ${name}, which Torii sets itself`,
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

/** Selects the key of the header, which is valid for its own algorithm only. @see RFC 8725 section 3.1 */
const keyOf =
  (keys: JwtOptions['keys']): JWTVerifyGetKey =>
  (header) => {
    const key = keys.find(({ id }) => id === header.kid)
    if (key === undefined || key.algorithm !== header.alg) throw new Error('no such key')
    if (keyHeaders.some((name) => name in header)) throw new Error('provides its own key')
    return key.publicKey
  }

function toClaims(payload: JWTPayload): JwtClaims | null {
  const [userId, sessionId] = [parseUserId(payload.sub), parseSessionId(payload.sid)]
  const { exp, auth_time: authTime, amr, acr, level2_time: level2Time } = payload
  if (userId === null || sessionId === null || exp === undefined) return null
  if (typeof authTime !== 'number' || !Array.isArray(amr)) return null
  return {
    userId,
    sessionId,
    // The signature is ours, so mint() wrote them.
    methods: amr as AuthenticationMethod[],
    // A token of a process before levels has none: one factor.
    level: acr === '2' ? 2 : 1,
    level2At: typeof level2Time === 'number' ? new Date(level2Time * 1000) : null,
    authenticatedAt: new Date(authTime * 1000),
    expiresAt: new Date(exp * 1000),
    payload,
  }
}
