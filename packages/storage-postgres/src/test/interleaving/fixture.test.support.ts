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
  signUp,
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
export async function newFixture({ observer, query }: Observer, kind: Kind): Promise<Fixture> {
  const person = await signUp(observer, {
    emailVerified: kind !== 'unverified',
    password: kind !== 'without password',
  })
  const other = newSession()
  const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
  const charges = {
    address: { key: account, policy: widePolicy },
    ipAddress: { key: ipAddress, policy: widePolicy },
  }
  const fixture: Fixture = {
    ...person,
    other: keyOf(person.id, other),
    refund: { account, ipAddress },
    charges,
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
    factor: kind.endsWith('a second factor') ? newFactor(person.id) : null,
  }
  if (kind === 'disabled') await observer.users.disable(person.id)
  await query(furnish, valuesOf(fixture))
  if (kind === 'with a second factor') await furnishFactor(query, fixture)
  if (kind === 'who must enroll a second factor') await furnishEnrollment(query, fixture)
  return fixture
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

/** As an enrollment and a sign-in would store it, but in the first epochs. */
async function furnishFactor(query: Observer['query'], { id, key, email, factor }: Fixture) {
  if (factor === null) return
  const { pending, pendingByPasskey, trusted, codeHash, challengeHash, undo, enrolled } = factor
  await query(
    `with factor as (
      insert into torii.totp_factors (user_id, secret, last_step, recovery_generation, created_at)
      values ($1, $2, 1, 1, now())
    ), codes as (
      insert into torii.recovery_codes (user_id, code_hash, generation) values ($1, $3, 1)
    ), enrollment as (
      insert into torii.totp_enrollments
        (user_id, session_id, session_epoch, owner_epoch, secret, expires_at)
      values ($1, $4, 0, 0, $5, now() + interval '10 minutes')
    ), pending as (
      insert into torii.pending_sign_ins (user_id, id, secret_hash, session_epoch, owner_epoch, methods,
        idle_seconds, absolute_seconds, created_at, expires_at)
      values ($1, $6, $7, 0, 0, '{password}', 1000, 10000, now(), now() + interval '10 minutes'),
        ($1, $13, $14, 0, 0, '{passkey}', 1000, 10000, now(), now() + interval '10 minutes')
    ), trusted as (
      insert into torii.trusted_browsers (user_id, id, secret_hash, session_epoch, created_at, expires_at)
      values ($1, $11, $12, 0, now(), now() + interval '30 days')
    ), challenge as (
      insert into torii.passkey_challenges
        (challenge_hash, ceremony, user_id, session_id, session_epoch, owner_epoch, global_epoch, expires_at)
      values ($8, 'second_factor', $1, $6, 0, 0, 0, now() + interval '5 minutes')
    ), undo as (
      insert into torii.verification_tokens
        (id, user_id, purpose, slot, secret_hash, email, email_key, epoch, global_epoch, created_at, expires_at)
      values (encode(substring($9::bytea from 1 for 16), 'hex')::uuid, $1, 'undo_second_factor', 1, $9, $10, $10, 0, 0,
        now(), now() + interval '7 days')
    ), sessions as (
      update torii.sessions set level = 2, level2_at = now() where user_id = $1
    )
    update torii.users set second_factor_epoch = owner_epoch where id = $1`,
    [
      ...[id, newSecret(), codeHash, key.id, enrolled, pending.id, pending.secretHash],
      ...[challengeHash, undo, email, trusted.id, trusted.secretHash],
      ...[pendingByPasskey.id, pendingByPasskey.secretHash],
    ],
  )
}

/** As a sign-in that must enroll and the start of its enrollment would store it. */
async function furnishEnrollment(query: Observer['query'], { id, factor }: Fixture) {
  if (factor === null) return
  const { pending, enrolled, challengeHash } = factor
  await query(
    `with enrollment as (
      insert into torii.totp_enrollments
        (user_id, session_id, session_epoch, owner_epoch, secret, expires_at)
      values ($1, $2, 0, 0, $3, now() + interval '10 minutes')
    ), pending as (
      insert into torii.pending_sign_ins (user_id, id, secret_hash, session_epoch, owner_epoch, methods,
        idle_seconds, absolute_seconds, enrolls, mailbox_proved, passkey_challenge_hash, created_at, expires_at)
      values ($1, $2, $4, 0, 0, '{password}', 1000, 10000, true, true, $5, now(), now() + interval '10 minutes')
    ), passkeys as (
      delete from torii.passkeys where user_id = $1
    )
    update torii.users set second_factor_required_at = now() - interval '1 minute' where id = $1`,
    [id, pending.id, enrolled, pending.secretHash, challengeHash],
  )
}

/** When the profile of every round's user was last changed. */
export const lastChange = new Date('2026-01-02T03:04:05.678Z')

/** As the operations would store it, in one statement: a round is played some thousands of times. */
const furnish = `
  with changed as (
    update torii.users set updated_at = '${lastChange.toISOString()}' where id = $1
  ), aged as (
    update torii.sessions set last_active_at = last_active_at - interval '1 hour'
    where user_id = $1 and id = $2
  ), other as (
    insert into torii.sessions
      (user_id, id, secret_hash, epoch, methods, expires_at, absolute_expires_at)
    values ($1, $3, $4, 0, '{password}', now() + interval '1 hour', now() + interval '1 day')
  ), attempts as (
    insert into torii.rate_limits
      (key, failures, cap, refill, total, total_limit, ends_at, lock_ends_at, seen_at, forget_at)
    select key, 5, 1000, 1000, 5, 100000, now() + interval '1 hour', now() + interval '1 hour', now(),
      now() + interval '1 day'
    from unnest(array[$5::bytea, $6]) as key
  ), link as (
    insert into torii.magic_links
      (id, email_key, email, slot, token_hash, code_hash, epoch, global_epoch, tries, created_at, expires_at)
    values (encode(substring($8::bytea from 1 for 16), 'hex')::uuid, $7, $7, 1, $8, $9, 0, 0, 0, now(), now() + interval '10 minutes')
  ), tokens as (
    insert into torii.verification_tokens
      (id, user_id, purpose, slot, secret_hash, email, email_key, epoch, global_epoch, created_at, expires_at)
    select encode(substring(secret_hash from 1 for 16), 'hex')::uuid, $1, purpose, 1, secret_hash, email, email, 0, 0, now(), now() + interval '10 minutes'
    from (values ('verify_email', $10::bytea, $7), ('reset_password', $11, $7), ('change_email', $12, $13))
      as t (purpose, secret_hash, email)
  ), account as (
    insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch, tokens)
    values ($14, $15, $16, $1, 0, $17)
  )
  insert into torii.passkeys (credential_id, id, user_id, owner_epoch, public_key, sign_count, user_handle,
    user_verified, backup_eligible, backed_up, aaguid, transports, name)
  values ($18, $19, $1, 0, $20, $21, $22, true, false, false, $23, '{usb}', $24)`

function valuesOf({ id, key, other, refund, email, newEmail, link, tokens, ...rest }: Fixture) {
  const { identity, passkey } = rest
  return [
    id,
    key.id,
    other.id,
    other.secretHash,
    refund.account,
    refund.ipAddress,
    email,
    link.tokenHash,
    link.codeHash,
    tokens.verify_email,
    tokens.reset_password,
    tokens.change_email,
    newEmail,
    identity.provider,
    identity.subject,
    identity.newAccountId,
    identity.tokens,
    passkey.credentialId,
    passkey.id,
    passkey.publicKey,
    passkey.signCount,
    passkey.userHandle,
    passkey.aaguid,
    passkey.name,
  ]
}
