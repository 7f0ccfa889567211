import { randomBytes, randomUUID } from 'node:crypto'
import type {
  Charge,
  EncryptedTotpSecret,
  MailCharges,
  NewPasskey,
  NewSession,
  NewTrustedBrowser,
  OAuthAccountId,
  OAuthIdentity,
  PasswordHash,
  PendingKey,
  RateLimitRefund,
  SessionKey,
  TokenHash,
  UserId,
  VerificationPurpose,
} from 'torii-core'
import {
  ciphertext,
  encryptedTotpSecret,
  newOAuthAccountId,
  newPasskeyId,
  newUserId,
} from 'torii-core'
import { newTrust } from '../races/enrollment.test.support.js'
import type { Person } from '../races/people.test.support.js'
import {
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  keyOf,
  newSession,
  widePolicy,
} from '../races/people.test.support.js'
import type { ConnectionSet } from './held-lock.test.support.js'

/** In what state a round finds its user. */
export type Kind =
  | 'usual'
  | 'without password'
  | 'unverified'
  | 'disabled'
  | 'with a second factor'
  | 'who must enroll a second factor'

type Identity = OAuthIdentity & { newAccountId: OAuthAccountId }

/** The input of one of several callers; no other caller shares it. */
export interface CallerInput {
  readonly session: NewSession
  readonly secretHash: TokenHash
  readonly hash: PasswordHash
  /** A name to give to something. */
  readonly name: string
  /** Who this is, in the words of a test. */
  readonly label: string
  /** Of the account that this caller may make. */
  readonly userId: UserId
  readonly identity: Identity
  readonly passkey: NewPasskey
}

/** The user of one round: every entry row, two sessions, and attempts counted against it. */
export interface Fixture extends Person {
  /** A second session; the first one acts. */
  readonly other: SessionKey
  /** The keys of the attempts, as an operation that gives one back names them. */
  readonly refund: RateLimitRefund
  /** The same keys, as a request for a mail charges them. */
  readonly charges: MailCharges
  /** What requests of the acting session are counted against. */
  readonly sessionCharge: Charge
  /** The hash of the token is also the key of an imported session. */
  readonly link: { readonly tokenHash: TokenHash; readonly codeHash: TokenHash }
  /** What was mailed; a token for `verify_email` counts only on an unverified user. */
  readonly tokens: Readonly<Record<Exclude<VerificationPurpose, 'undo_second_factor'>, TokenHash>>
  /** The email that the token for `change_email` moves to. */
  readonly newEmail: string
  readonly identity: Identity
  readonly passkey: NewPasskey
  /** Of a user with a second factor, whose last code was of the time step 1; or with one to enroll in a sign-in. */
  readonly factor: {
    readonly pending: PendingKey
    /** One that began with a passkey without user verification. */
    readonly pendingByPasskey: PendingKey
    /** A browser in which the user signs in without it. */
    readonly trusted: NewTrustedBrowser
    readonly codeHash: TokenHash
    /** Of the pending sign-in, for a passkey; that is proved, or enrolled. */
    readonly challengeHash: TokenHash
    /** Of the link that undoes it. */
    readonly undo: TokenHash
    /** The secret that the first session enrolls, and what each caller would enroll. */
    readonly enrolled: EncryptedTotpSecret
    readonly secrets: readonly [EncryptedTotpSecret, EncryptedTotpSecret]
  } | null
}

/** Both callers, in the order in which they are to be named. */
export const newCallerInputs = (kind: Kind): [CallerInput, CallerInput] => [
  newCallerInput('first', kind),
  newCallerInput('second', kind),
]

export const newCallerInput = (label: string, kind: Kind = 'usual'): CallerInput => ({
  session:
    kind === 'who must enroll a second factor'
      ? { ...newSession(), secondFactor: 'per-user' }
      : newSession(),
  secretHash: freshSecretHash(),
  hash: freshPasswordHash(),
  name: label,
  label,
  userId: newUserId(),
  identity: newIdentity(),
  passkey: newPasskey(label),
})

const newIdentity = (): Identity => ({
  provider: 'google',
  subject: randomBytes(8).toString('hex'),
  label: null,
  tokens: freshCiphertext(),
  newAccountId: newOAuthAccountId(),
})

export const freshCiphertext = () => ciphertext(randomBytes(40))

const newPasskey = (name: string): NewPasskey => ({
  id: newPasskeyId(),
  credentialId: randomBytes(32),
  publicKey: randomBytes(77),
  signCount: 1,
  userHandle: randomBytes(64),
  userVerified: true,
  backupEligible: false,
  backedUp: false,
  aaguid: randomUUID(),
  transports: ['usb'],
  name,
})

/** Prepares a round and observes it afterwards. */
export type Observer = Pick<ConnectionSet, 'observer' | 'query'>

/** Creates the user of one round; its first session was last used an hour ago. */
export async function newFixture(observer: Observer, kind: Kind): Promise<Fixture> {
  const [fixture] = await newFixtures(observer, kind, 1)
  if (fixture === undefined) throw new Error('no user was made')
  return fixture
}

/** Creates the users of so many rounds in one statement: rounds are played tens of thousands of times. */
export async function newFixtures(
  { query }: Pick<Observer, 'query'>,
  kind: Kind,
  count: number,
): Promise<Fixture[]> {
  const fixtures = Array.from({ length: count }, () => describeFixture(kind))
  await query(furnish(kind), [JSON.stringify(fixtures.map(columnsOf))])
  return fixtures
}

function describeFixture(kind: Kind): Fixture {
  const id = newUserId()
  const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
  return {
    id,
    email: freshEmail(),
    hash: freshPasswordHash(),
    key: keyOf(id, newSession()),
    other: keyOf(id, newSession()),
    refund: { account, ipAddress },
    charges: {
      address: { key: account, policy: widePolicy },
      ipAddress: { key: ipAddress, policy: widePolicy },
    },
    sessionCharge: { key: freshRateLimitKey(), policy: widePolicy },
    link: { tokenHash: freshSecretHash(), codeHash: freshSecretHash() },
    tokens: {
      verify_email: freshSecretHash(),
      reset_password: freshSecretHash(),
      change_email: freshSecretHash(),
    },
    newEmail: freshEmail(),
    identity: newIdentity(),
    passkey: newPasskey('subject'),
    factor: kind.endsWith('a second factor') ? newFactor(id) : null,
  }
}

const newSecret = () => encryptedTotpSecret(randomBytes(48))
const newFactor = (userId: UserId): Fixture['factor'] => ({
  pending: keyOf(userId, newSession()),
  pendingByPasskey: keyOf(userId, newSession()),
  trusted: newTrust(),
  codeHash: freshSecretHash(),
  challengeHash: freshSecretHash(),
  undo: freshSecretHash(),
  enrolled: newSecret(),
  secrets: [newSecret(), newSecret()],
})

const bytes = (value: Uint8Array | null) =>
  value === null ? null : `\\x${Buffer.from(value).toString('hex')}`

/** What {@link furnish} takes of a user, by the name and type of its column. */
const columnTypes = {
  ...{ id: 'uuid', email: 'text', new_email: 'text', hash: 'text' },
  ...{ session: 'uuid', session_secret: 'bytea', other: 'uuid', other_secret: 'bytea' },
  ...{ account: 'bytea', ip_address: 'bytea', link: 'bytea', code: 'bytea' },
  ...{ verify_email: 'bytea', reset_password: 'bytea', change_email: 'bytea' },
  ...{ provider: 'text', subject: 'text', account_id: 'uuid', tokens: 'bytea' },
  ...{ credential: 'bytea', passkey: 'uuid', public_key: 'bytea', user_handle: 'bytea' },
  ...{ aaguid: 'uuid', passkey_name: 'text' },
  ...{ pending: 'uuid', pending_secret: 'bytea', trusted: 'uuid', trusted_secret: 'bytea' },
  ...{ by_passkey: 'uuid', by_passkey_secret: 'bytea' },
  ...{
    recovery_code: 'bytea',
    challenge: 'bytea',
    undo: 'bytea',
    enrolled: 'bytea',
    secret: 'bytea',
  },
} as const

type Column = keyof typeof columnTypes

function columnsOf(fixture: Fixture): Partial<Record<Column, string | null>> {
  const { key, other, refund, link, tokens, identity, passkey, factor } = fixture
  return {
    ...{ id: fixture.id, email: fixture.email, new_email: fixture.newEmail },
    hash: fixture.hash.reveal(),
    ...{ session: key.id, session_secret: bytes(key.secretHash) },
    ...{ other: other.id, other_secret: bytes(other.secretHash) },
    ...{ account: bytes(refund.account), ip_address: bytes(refund.ipAddress) },
    ...{ link: bytes(link.tokenHash), code: bytes(link.codeHash) },
    verify_email: bytes(tokens.verify_email),
    reset_password: bytes(tokens.reset_password),
    change_email: bytes(tokens.change_email),
    ...{ provider: identity.provider, subject: identity.subject },
    ...{ account_id: identity.newAccountId, tokens: bytes(identity.tokens) },
    ...{ credential: bytes(passkey.credentialId), passkey: passkey.id },
    ...{ public_key: bytes(passkey.publicKey), user_handle: bytes(passkey.userHandle) },
    ...{ aaguid: passkey.aaguid, passkey_name: passkey.name },
    ...(factor !== null && {
      ...{ pending: factor.pending.id, pending_secret: bytes(factor.pending.secretHash) },
      by_passkey: factor.pendingByPasskey.id,
      by_passkey_secret: bytes(factor.pendingByPasskey.secretHash),
      ...{ trusted: factor.trusted.id, trusted_secret: bytes(factor.trusted.secretHash) },
      ...{ recovery_code: bytes(factor.codeHash), challenge: bytes(factor.challengeHash) },
      ...{ undo: bytes(factor.undo), enrolled: bytes(factor.enrolled) },
      secret: bytes(newSecret()),
    }),
  }
}

/** When the profile of every round's user was last changed. */
export const lastChange = new Date('2026-01-02T03:04:05.678Z')

/** The first half of a hash, as the id of what is looked up by it. */
export const idOf = (hash: string) => `encode(substring(${hash} from 1 for 16), 'hex')::uuid`

/** What was there before the second factor, its undoing keeps. */
const before = "now() - interval '1 second'"

/** Writes a list of users as registration and the operations would store them, but in the first epochs. */
const furnish = (kind: Kind): string => `
  with given as materialized (
    select * from json_to_recordset($1::json) as t (${Object.entries(columnTypes)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')})
  ), users as (
    insert into torii.users
      (id, email, email_key, email_verified_at, created_at, updated_at, disabled_at, session_epoch, second_factor_epoch,
        second_factor_required_at)
    select id, email, email, ${kind === 'unverified' ? 'null' : 'now()'}, ${before}, '${lastChange.toISOString()}',
      ${kind === 'disabled' ? 'now(), 1' : 'null, 0'}, ${kind === 'with a second factor' ? '0' : 'null'},
      ${kind === 'who must enroll a second factor' ? "now() - interval '1 minute'" : 'null'}
    from given
  ), addresses as (
    insert into torii.user_emails (email_key, user_id) select email, id from given
  ), passwords as (
    insert into torii.passwords (user_id, hash, owner_epoch)
    select id, hash, 0 from given where ${kind !== 'without password'}
  ), sessions as (
    insert into torii.sessions
      (user_id, id, secret_hash, epoch, methods, level, level2_at, ip, user_agent, last_active_at, expires_at,
        absolute_expires_at)
    select g.id, s.id, s.secret_hash, 0, '{password}', ${kind === 'with a second factor' ? '2, now()' : 's.level, null'},
      s.ip, s.user_agent, now() - s.unused, now() + interval '1000 seconds', now() + interval '1 day'
    from given g cross join lateral (values
      (g.session, g.session_secret, 1, '192.0.2.7', 'Mozilla/5.0', interval '1 hour'),
      (g.other, g.other_secret, null, null, null, interval '0')
    ) as s (id, secret_hash, level, ip, user_agent, unused)
    where s.id = g.other or ${kind !== 'disabled'}
  ), attempts as (
    insert into torii.rate_limits
      (key, failures, cap, refill, total, total_limit, ends_at, lock_ends_at, seen_at, forget_at)
    select key, 5, 1000, 1000, 5, 100000, now() + interval '1 hour', now() + interval '1 hour', now(),
      now() + interval '1 day'
    from given g cross join lateral unnest(array[g.account, g.ip_address]) as key
  ), links as (
    insert into torii.magic_links
      (id, email_key, email, slot, token_hash, code_hash, epoch, global_epoch, tries, created_at, expires_at)
    select ${idOf('link')}, email, email, 1, link, code, 0, 0, 0, now(), now() + interval '10 minutes'
    from given
  ), tokens as (
    insert into torii.verification_tokens
      (id, user_id, purpose, slot, secret_hash, email, email_key, epoch, global_epoch, created_at, expires_at)
    select ${idOf('t.secret_hash')}, g.id, t.purpose, 1, t.secret_hash, t.email, t.email, 0, 0, now(), now() + t.lifetime
    from given g cross join lateral (values
      ('verify_email', g.verify_email, g.email, interval '10 minutes'),
      ('reset_password', g.reset_password, g.email, interval '10 minutes'),
      ('change_email', g.change_email, g.new_email, interval '10 minutes'),
      ('undo_second_factor', g.undo, g.email, interval '7 days')
    ) as t (purpose, secret_hash, email, lifetime)
    where t.purpose <> 'undo_second_factor' or ${kind === 'with a second factor'}
  ), imported as (
    insert into torii.imported_sessions (key, user_id, session_epoch, level, authenticated_at, expires_at)
    select link, id, 0, 1, now() - interval '1 day', now() + interval '1 day' from given
  ), accounts as (
    insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch, tokens, created_at)
    select provider, subject, account_id, id, 0, tokens, ${before} from given
  )${factorRows(kind)}
  insert into torii.passkeys (credential_id, id, user_id, owner_epoch, public_key, sign_count, user_handle,
    user_verified, backup_eligible, backed_up, aaguid, transports, name, created_at)
  select credential, passkey, id, 0, public_key, 1, user_handle, true, false, false, aaguid, '{usb}', passkey_name, ${before}
  from given where ${kind !== 'who must enroll a second factor'}`

function factorRows(kind: Kind): string {
  const enrolls = kind === 'who must enroll a second factor'
  if (!enrolls && kind !== 'with a second factor') return ''
  const waiting = `, enrollments as (
    insert into torii.totp_enrollments (user_id, session_id, session_epoch, owner_epoch, secret, expires_at)
    select id, ${enrolls ? 'pending' : 'session'}, 0, 0, enrolled, now() + interval '10 minutes' from given
  ), pending as (
    insert into torii.pending_sign_ins (user_id, id, secret_hash, session_epoch, owner_epoch, methods,
      idle_seconds, absolute_seconds, enrolls, mailbox_proved, passkey_challenge_hash, created_at, expires_at)
    select g.id, p.id, p.secret, 0, 0, p.methods, 1000, 10000, ${enrolls}, ${enrolls},
      ${enrolls ? 'g.challenge' : 'null'}, now(), now() + interval '10 minutes'
    from given g cross join lateral (values
      (g.pending, g.pending_secret, '{password}'::text[]), (g.by_passkey, g.by_passkey_secret, '{passkey}')
    ) as p (id, secret, methods)
    where p.id = g.pending or ${!enrolls}
  )`
  return enrolls
    ? waiting
    : `${waiting}, factors as (
    insert into torii.totp_factors (user_id, secret, last_step, recovery_generation, created_at)
    select id, secret, 1, 1, now() from given
  ), codes as (
    insert into torii.recovery_codes (user_id, code_hash, generation) select id, recovery_code, 1 from given
  ), trusted as (
    insert into torii.trusted_browsers (user_id, id, secret_hash, session_epoch, created_at, expires_at)
    select id, trusted, trusted_secret, 0, now(), now() + interval '30 days' from given
  ), challenges as (
    insert into torii.passkey_challenges
      (challenge_hash, ceremony, user_id, session_id, session_epoch, owner_epoch, global_epoch, expires_at)
    select challenge, 'second_factor', id, pending, 0, 0, 0, now() + interval '5 minutes' from given
  )`
}
