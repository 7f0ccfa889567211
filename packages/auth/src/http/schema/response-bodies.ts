import type { Static } from './schema.js'
import {
  anyList,
  anyObject,
  count,
  flag,
  integer,
  jsonObject,
  list,
  named,
  object,
  oneOf,
  openObject,
  optional,
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
    /** What the server's option `publicMetadata` lets through; absent without it. */
    metadata: optional(jsonObject),
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
    /** How the user proved their identity, for example `password` and `totp`. */
    methods: list(text),
    /** 2 once two factors were proved in the session, else 1. */
    level: integer,
    /** When two factors were last proved. */
    level2At: orNull(time),
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

const totp = named('Totp', object({ createdAt: time, lastUsedAt: orNull(time) }))

/** The same for every email address. */
export const acceptedSchema = object({ status: oneOf(['accepted']) })
export const signedInSchema = object({ user, session })
/** `token` is the session's, for a client that asked for it by `transport: 'body'`; a browser has it in the cookie. */
export const signInSchema = object({ user, session, token: optional(text) })
export const userSchema = object({ user })
export const sessionsSchema = object({ sessions: list(session), nextCursor: orNull(text) })
export const revokedSchema = object({ revoked: count })
export const tokenSchema = object({ token: text, session })
export const jwtSchema = object({ jwt: text, expiresAt: time })
export const jwksSchema = openObject({ keys: anyList })
export const oauthProvidersSchema = object({ providers: list(oauthProvider) })
export const nonceSchema = object({ nonce: text })
export const authorizationSchema = object({ url: text })
export const oauthAccountsSchema = object({ accounts: list(oauthAccount) })
export const challengeSchema = object({ challengeId: text, options: anyObject })
export const passkeySchema = object({ passkey })
/** `user`, `session` and `token` are those of a sign-in that was completed by it, as of `totpConfirmedSchema`. */
export const passkeyRegisteredSchema = object({
  passkey,
  user: optional(user),
  session: optional(session),
  token: optional(text),
})
export const passkeysSchema = object({ passkeys: list(passkey) })
/** What the page signals to authenticators. */
export const passkeySignalsSchema = object({
  rpId: text,
  userIds: list(text),
  name: text,
  displayName: text,
  credentialIds: list(text),
})
const trustedBrowser = object({
  id: uuid,
  userAgent: orNull(text),
  createdAt: time,
  lastUsedAt: orNull(time),
  expiresAt: time,
})
export const secondFactorsSchema = object({
  level: integer,
  level2At: orNull(time),
  /** The authenticator application; null if there is none. */
  totp: orNull(totp),
  recoveryCodes: object({ remaining: count }),
  /** The browsers in which the user signs in without a code, the last trusted one first. */
  trustedBrowsers: list(trustedBrowser),
  /** Whether the application asks a second factor of the user, and until when they may sign in without one. */
  required: flag,
  graceEndsAt: orNull(time),
})
/** `secret` is in base 32; `uri` is the content of the QR code, `qr` the same as SVG, null without the package `uqr`. */
export const totpStartSchema = object({ secret: text, uri: text, qr: orNull(text) })
/**
 * `token` is the new one of a bearer, or of a client that sent `pending`; a cookie is replaced instead. `user` and `session` are those of a sign-in that was completed
 * by it.
 */
export const totpConfirmedSchema = object({
  recoveryCodes: list(text),
  token: optional(text),
  user: optional(user),
  session: optional(session),
})
export const recoveryCodesSchema = object({ recoveryCodes: list(text) })
export const healthSchema = object({
  status: oneOf(['ok', 'unavailable']),
  schemaVersion: orNull(integer),
  readOnly: orNull(flag),
})
/** Everything that is stored about the user, and the OpenAPI document. */
export const anySchema = anyObject

/**
 * A user, as shown to themselves. Times are ISO 8601 in UTC.
 * @useDeclaredType
 */
export type User = Static<typeof user>
/**
 * A session, as shown to its owner.
 * @useDeclaredType
 */
export type Session = Static<typeof session>
/**
 * The signed-in user and the current session.
 * @useDeclaredType
 */
export type SignedIn = Static<typeof signedInSchema>
/**
 * The signed-in user and the new session.
 * @useDeclaredType
 */
export type SignIn = Static<typeof signInSchema>
/**
 * The request was accepted. The same for every email address.
 * @useDeclaredType
 */
export type Accepted = Static<typeof acceptedSchema>
/**
 * A provider that users can sign in with.
 * @useDeclaredType
 */
export type OAuthProvider = Static<typeof oauthProvider>
/**
 * An account at a provider that is linked to the user.
 * @useDeclaredType
 */
export type OAuthAccount = Static<typeof oauthAccount>
/**
 * A passkey of the user.
 * @useDeclaredType
 */
export type Passkey = Static<typeof passkey>
/**
 * A page of the sessions of the user, most recently used first; `nextCursor` is null on the last page.
 * @useDeclaredType
 */
export type Sessions = Static<typeof sessionsSchema>
/**
 * How many sessions were revoked.
 * @useDeclaredType
 */
export type Revoked = Static<typeof revokedSchema>
/**
 * The signed-in user.
 * @useDeclaredType
 */
export type UserBody = Static<typeof userSchema>
/**
 * The providers that users can sign in with.
 * @useDeclaredType
 */
export type OAuthProviders = Static<typeof oauthProvidersSchema>
/**
 * The accounts at providers that are linked to the user.
 * @useDeclaredType
 */
export type OAuthAccounts = Static<typeof oauthAccountsSchema>
/**
 * Where to send the browser.
 * @useDeclaredType
 */
export type Authorization = Static<typeof authorizationSchema>
/**
 * The passkey that was changed.
 * @useDeclaredType
 */
export type PasskeyBody = Static<typeof passkeySchema>
/**
 * The new passkey; with the user and the session of a sign-in that it completed.
 * @useDeclaredType
 */
export type PasskeyRegistered = Static<typeof passkeyRegisteredSchema>
/**
 * The passkeys of the user.
 * @useDeclaredType
 */
export type Passkeys = Static<typeof passkeysSchema>
/**
 * What the page signals to authenticators.
 * @useDeclaredType
 */
export type PasskeySignals = Static<typeof passkeySignalsSchema>
/**
 * The level of the session, and the second factors of the user.
 * @useDeclaredType
 */
export type SecondFactors = Static<typeof secondFactorsSchema>
/**
 * What an authenticator application needs; `secret` is the same as in `uri`.
 * @useDeclaredType
 */
export type TotpStart = Static<typeof totpStartSchema>
/**
 * The first recovery codes. They are shown once.
 * @useDeclaredType
 */
export type TotpConfirmed = Static<typeof totpConfirmedSchema>
/**
 * New recovery codes. They are shown once.
 * @useDeclaredType
 */
export type RecoveryCodes = Static<typeof recoveryCodesSchema>
/**
 * A challenge for the authenticator.
 * @useDeclaredType
 */
export type Challenge = Static<typeof challengeSchema>
