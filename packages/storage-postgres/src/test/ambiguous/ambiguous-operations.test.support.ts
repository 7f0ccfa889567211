import { randomBytes, randomUUID } from 'node:crypto'
import type {
  NewPasskey,
  NewSession,
  OAuthSignIn,
  RateLimitKey,
  TokenHash,
  UserId,
} from 'torii-core'
import { ciphertext, newOAuthAccountId, newPasskeyId, newUserId } from 'torii-core'
import type { PostgresStorage } from '../../index.js'
import type { Person } from '../races/people.test.support.js'
import {
  actorOf,
  firstEpochs,
  freshEmail,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
  widePolicy,
} from '../races/people.test.support.js'

/** What the tests prepare and observe with, besides the storage whose connection is cut. */
export interface Harness {
  /** Over a connection that is never cut. */
  readonly observer: PostgresStorage
  /** Reads one value. */
  value(text: string, values: unknown[]): Promise<unknown>
}

/** One call, and what there is to see of its effect. */
export interface Call {
  operation(storage: PostgresStorage): Promise<unknown>
  /** The effect; equal values are equal effects. */
  effect(): Promise<unknown>
}

/** A writing operation whose connection is cut. */
export interface Operation {
  /** The statement at which it is cut, by its name (or a text of its own). */
  readonly statement: string
  /** What the call answers where the first statement was committed: a word, `done` for success. */
  readonly after: string
  /** The effect of one call that nothing disturbed. */
  readonly once: unknown
  /** The effect where the first statement never reached the server, when that may differ. */
  readonly before?: unknown
  /** The effect where the first statement was committed, when that may differ. */
  readonly twice?: unknown
  /** What it may also be where the first statement was still waiting. */
  readonly underWay?: unknown
  prepare(harness: Harness): Promise<Call>
}

export const charge = (key: RateLimitKey) => ({ key, policy: widePolicy })
export const charges = (key: RateLimitKey) => ({ account: charge(key), ipAddress: null })
export const mailCharges = (key: RateLimitKey) => ({ address: charge(key), ipAddress: null })
export const total = ({ value }: Harness, key: RateLimitKey) =>
  value('select total from torii.rate_limits where key = $1', [key])
export const liveSessions = async ({ observer }: Harness, id: UserId) =>
  (await observer.sessions.list(id)).length
export const count = ({ value }: Harness, text: string, values: unknown[]) =>
  value(`select count(*)::int from ${text}`, values)

/** Someone with attempts to give back: three of the account, five of the network. */
export async function personWithAttempts(
  harness: Harness,
  given: Parameters<typeof signUp>[1] = {},
) {
  const person = await signUp(harness.observer, given)
  const refund = { account: freshRateLimitKey(), ipAddress: freshRateLimitKey() }
  for (let n = 0; n < 5; n += 1)
    await harness.observer.rateLimits.charge({
      account: n < 3 ? charge(refund.account) : null,
      ipAddress: charge(refund.ipAddress),
    })
  const attempts = async () => [
    await total(harness, refund.account),
    await total(harness, refund.ipAddress),
  ]
  return { ...person, refund, attempts }
}

export const givenBack = [undefined, 4]
/** A repetition that could give an attempt back twice does not give it back at all. */
export const notGivenBack = [3, 5]

export async function withOther(harness: Harness) {
  const person = await signUp(harness.observer)
  const other = newSession()
  await harness.observer.sessions.open(person.id, other)
  return { ...person, other }
}

export async function storedLink(
  harness: Harness,
  email: string,
  charged: RateLimitKey = freshRateLimitKey(),
) {
  const [tokenHash, codeHash] = [freshSecretHash(), freshSecretHash()]
  const link = { email, tokenHash, codeHash, lifetimeSeconds: 600, charges: mailCharges(charged) }
  await harness.observer.magicLinks.issue(link)
  return link
}

export async function storedToken(
  harness: Harness,
  { id, email }: Person,
  purpose: 'verify_email' | 'reset_password',
) {
  const secretHash = freshSecretHash()
  const wanted = {
    purpose,
    email,
    secretHash,
    lifetimeSeconds: 600,
    charges: mailCharges(freshRateLimitKey()),
  }
  await harness.observer.verificationTokens.issue(wanted)
  return { userId: id, secretHash }
}

export const newPasskey = (): NewPasskey => ({
  id: newPasskeyId(),
  credentialId: new Uint8Array(randomBytes(32)),
  publicKey: new Uint8Array(randomBytes(77)),
  signCount: 1,
  userHandle: new Uint8Array(randomBytes(64)),
  userVerified: true,
  backupEligible: false,
  backedUp: false,
  aaguid: randomUUID(),
  transports: ['internal'],
  name: 'Key',
})

export async function withPasskey(harness: Harness) {
  const person = await personWithAttempts(harness)
  const made = newPasskey()
  await harness.observer.passkeys.add(actorOf(person), made, { max: 10 })
  const use = {
    credentialId: made.credentialId,
    userId: person.id,
    signCount: 7,
    backedUp: false,
    epochs: firstEpochs,
  }
  const counter = () =>
    harness.value('select sign_count::int from torii.passkeys where credential_id = $1', [
      made.credentialId,
    ])
  return { ...person, made, use, counter }
}

export const freshTokens = () => ciphertext(new Uint8Array(randomBytes(64)))

export const personAtProvider = (given: Partial<OAuthSignIn> = {}): OAuthSignIn => ({
  provider: 'google',
  subject: randomBytes(8).toString('hex'),
  label: null,
  tokens: freshTokens(),
  email: freshEmail(),
  emailVerified: true,
  newUserId: newUserId(),
  newAccountId: newOAuthAccountId(),
  name: null,
  picture: null,
  session: newSession(),
  ...given,
})

export async function withAccount(harness: Harness) {
  const person = await signUp(harness.observer)
  const identity = personAtProvider()
  await harness.observer.oauthAccounts.link(actorOf(person), identity)
  return { ...person, identity, accountId: identity.newAccountId }
}

export const rowOf = ({ value }: Harness, id: UserId, columns: string) =>
  value(`select json_build_array(${columns}) from torii.users where id = $1`, [id])

/** How a session stands: how many of the user, and whether this one opens. */
export const opened = async (
  harness: Harness,
  id: UserId,
  { id: sessionId, secretHash }: NewSession | { id: NewSession['id']; secretHash: TokenHash },
) => [
  await liveSessions(harness, id),
  (await harness.observer.sessions.validate(
    { userId: id, id: sessionId, secretHash },
    { touchSeconds: 60 },
  )) !== null,
]

type Preparation = (harness: Harness) => Promise<Call>
export const operation = (
  statement: string,
  after: string,
  once: unknown,
  prepare: Preparation,
  other: Pick<Operation, 'before' | 'twice' | 'underWay'> = {},
): Operation => ({
  statement,
  after,
  once,
  prepare,
  ...other,
})
