import type { Static } from './schema.js'
import {
  anyList,
  anyObject,
  count,
  flag,
  integer,
  list,
  named,
  object,
  oneOf,
  openObject,
  orNull,
  text,
  time,
  uuid,
} from './schema.js'

const user = named(
  'User',
  object({
    id: uuid,
    email: orNull(text),
    emailVerified: flag,
    name: orNull(text),
    picture: orNull(text),
    createdAt: time,
  }),
)
const session = named(
  'Session',
  object({
    id: uuid,
    /** Whether the request was made with this session. */
    current: flag,
    createdAt: time,
    lastActiveAt: time,
    expiresAt: time,
    absoluteExpiresAt: time,
    ip: orNull(text),
    userAgent: orNull(text),
    /** How the user proved their identity, for example `password`. */
    methods: list(text),
  }),
)
const oauthProvider = named(
  'Provider',
  object({
    id: text,
    /** The display name, for the button. */
    name: text,
  }),
)
const oauthAccount = named(
  'OAuthAccount',
  object({
    id: uuid,
    provider: text,
    /** The name of the account at the provider. */
    label: orNull(text),
    createdAt: time,
    lastUsedAt: time,
  }),
)
const passkey = named(
  'Passkey',
  object({ id: uuid, name: text, createdAt: time, lastUsedAt: orNull(time), backedUp: flag }),
)

/** The same for every email address. */
export const acceptedAnswer = object({ status: oneOf(['accepted']) })
export const signedInAnswer = object({ user, session })
export const userAnswer = object({ user })
export const sessionsAnswer = object({ sessions: list(session) })
export const revokedAnswer = object({ revoked: count })
export const tokenAnswer = object({ token: text, session })
export const jwtAnswer = object({ jwt: text, expiresAt: time })
export const jwksAnswer = openObject({ keys: anyList })
export const oauthProvidersAnswer = object({ providers: list(oauthProvider) })
export const authorizationAnswer = object({ url: text })
export const oauthAccountsAnswer = object({ accounts: list(oauthAccount) })
export const challengeAnswer = object({ challengeId: text, options: anyObject })
export const passkeyAnswer = object({ passkey })
export const passkeysAnswer = object({ passkeys: list(passkey) })
export const healthAnswer = object({
  status: oneOf(['ok', 'unavailable']),
  schemaVersion: orNull(integer),
  readOnly: orNull(flag),
})
/** Everything that is stored about the user, and the OpenAPI document. */
export const anyAnswer = anyObject

/** A user, as shown to themselves. Times are ISO 8601 in UTC. */
export type User = Static<typeof user>
/** A session, as shown to its owner. */
export type Session = Static<typeof session>
/** The signed-in user and the current session. */
export type SignedIn = Static<typeof signedInAnswer>
/** The request was accepted. The same for every email address. */
export type Accepted = Static<typeof acceptedAnswer>
export type OAuthProvider = Static<typeof oauthProvider>
export type OAuthAccount = Static<typeof oauthAccount>
export type Passkey = Static<typeof passkey>
/** The sessions of the user, most recently used first. */
export type Sessions = Static<typeof sessionsAnswer>
/** How many sessions were revoked. */
export type Revoked = Static<typeof revokedAnswer>
export type UserAnswer = Static<typeof userAnswer>
export type OAuthProviders = Static<typeof oauthProvidersAnswer>
export type OAuthAccounts = Static<typeof oauthAccountsAnswer>
/** Where to send the browser. */
export type Authorization = Static<typeof authorizationAnswer>
export type PasskeyAnswer = Static<typeof passkeyAnswer>
export type Passkeys = Static<typeof passkeysAnswer>
/** A challenge for the authenticator. */
export type Challenge = Static<typeof challengeAnswer>
