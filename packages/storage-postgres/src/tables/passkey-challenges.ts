import type {
  ChallengeForEmail,
  ChallengeForPending,
  ChallengeHolder,
  ChargeOutcome,
  NewPasskeyChallenge,
  PasskeyCeremony,
  PasskeyChallengeRepository,
  PendingKey,
  SessionId,
  TokenHash,
  UserId,
} from 'torii-core'
import { InvalidInputError, newUserId, requireEmail } from 'torii-core'
import type { Database } from '../sql/database.js'
import { readBack, repeat, usedUp } from '../sql/lost-reply.js'
import { nullable, parameter, sql } from '../sql/parameter.js'
import { exists, many, one } from '../sql/rows.js'
import { write } from '../sql/statement.js'
import { secondsFromNow } from '../sql/time.js'
import { actor } from './fragments/actor.js'
import { challengeIsCurrent } from './fragments/challenge.js'
import { globalEpoch } from './fragments/global-epoch.js'
import { emailKey, lifetimeSeconds } from './fragments/parameters.js'
import type { CredentialRow } from './fragments/passkey-credential.js'
import { credentialColumns, toCredential } from './fragments/passkey-credential.js'
import {
  givenPending,
  livePending,
  pendingKeyValues,
  takesPasskey,
} from './fragments/pending-row.js'
import type { VerdictRow } from './fragments/rate-limit-charging.js'
import {
  chargeRateLimit,
  chargeValues,
  toChargeOutcome,
  toRefusal,
} from './fragments/rate-limit-charging.js'
import type { Readback } from './fragments/readback.js'
import { actorValues, checkObject, checkSeconds, checkUserId } from './input/input.js'
import { checkCeremony, checkIpAddressCharge } from './input/input-credentials.js'

const challengeHash = parameter('challengeHash', 'bytea')<TokenHash>()
const ceremony = parameter('ceremony', 'text')<PasskeyCeremony>()
/** Who may answer a challenge: a user, a session of theirs, or, all null, anyone. */
const holder = {
  userId: nullable('userId', 'uuid')<UserId>(),
  sessionId: nullable('sessionId', 'uuid')<SessionId>(),
  sessionEpoch: nullable('sessionEpoch', 'int')<number>(),
  ownerEpoch: nullable('ownerEpoch', 'int')<number>(),
}
const unknownUserId = parameter('unknownUserId', 'uuid')<UserId>()

export const passkeyChallengeStatements = (schema: string) => ({
  store: write(
    'passkey_challenges.store',
    sql`
      with ${chargeRateLimit(schema)}, challenge as (
        insert into ${schema}.passkey_challenges
          (challenge_hash, ceremony, user_id, session_id, session_epoch, owner_epoch, global_epoch, expires_at)
        select ${challengeHash}, ${ceremony}, ${holder.userId}, ${holder.sessionId}, ${holder.sessionEpoch}, ${holder.ownerEpoch},
          ${globalEpoch(schema)}, ${secondsFromNow(lifetimeSeconds)}
        from verdict v where v.allowed
        returning challenge_hash
      )
      select v.allowed, v.retry_after from verdict v left join challenge on true`,
    { schema, onLostReply: readBack('the hash of the challenge') },
  ),
  // An email without an account gets a challenge too, bound to an id that no user has.
  storeForEmail: write(
    'passkey_challenges.storeForEmail',
    sql`
      with ${chargeRateLimit(schema)}, u as (
        select u.id, u.session_epoch, u.owner_epoch
        from verdict v join ${schema}.user_emails e on v.allowed and e.email_key = ${emailKey}
        join ${schema}.users u on u.id = e.user_id
        where u.disabled_at is null
      ), challenge as (
        insert into ${schema}.passkey_challenges (challenge_hash, ceremony, user_id, global_epoch, expires_at)
        select ${challengeHash}, 'authenticate', coalesce((select u.id from u), ${unknownUserId}),
          ${globalEpoch(schema)}, ${secondsFromNow(lifetimeSeconds)}
        from verdict v where v.allowed
        returning challenge_hash
      )
      select v.allowed, v.retry_after, ${credentialColumns}
      from verdict v left join challenge on true left join u on true
      left join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch
      order by k.created_at, k.id`,
    { schema, onLostReply: readBack('the hash of the challenge') },
  ),
  // The challenge names the pending sign-in where that of a session names the session; the ceremony separates them.
  storeForPending: write(
    'passkey_challenges.storeForPending',
    sql`
      with ${chargeRateLimit(schema)}, p as (
        select p.user_id, p.id, p.session_epoch, p.owner_epoch, ${takesPasskey(schema)} as takes_passkey
        from verdict v join ${schema}.pending_sign_ins p on v.allowed and ${givenPending}
        join ${schema}.users u on u.id = p.user_id
        where ${livePending}
      ), challenge as (
        insert into ${schema}.passkey_challenges
          (challenge_hash, ceremony, user_id, session_id, session_epoch, owner_epoch, global_epoch, expires_at)
        select ${challengeHash}, 'second_factor', p.user_id, p.id, p.session_epoch, p.owner_epoch,
          ${globalEpoch(schema)}, ${secondsFromNow(lifetimeSeconds)}
        from p where p.takes_passkey
        returning challenge_hash
      )
      select v.allowed, v.retry_after, p.id as pending_id, ${credentialColumns}
      from verdict v left join p on true left join challenge on true left join ${schema}.users u on u.id = p.user_id
      left join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch and p.takes_passkey
      order by k.created_at, k.id`,
    { schema, onLostReply: readBack('the hash of the challenge') },
  ),
  consume: write(
    'passkey_challenges.consume',
    sql`
      with challenge as (
        delete from ${schema}.passkey_challenges c where c.challenge_hash = ${challengeHash}
        returning c.ceremony, c.user_id, c.session_id, c.session_epoch, c.owner_epoch, c.global_epoch, c.expires_at
      )
      select true as live from challenge c
      where c.ceremony = ${ceremony} and c.user_id = ${actor.userId} and c.session_id = ${actor.sessionId}
        and c.session_epoch = ${actor.sessionEpoch} and c.owner_epoch = ${actor.ownerEpoch} and ${challengeIsCurrent(schema)}`,
    { schema, onLostReply: repeat(usedUp) },
  ),
})

export function createPasskeyChallengeRepository(
  db: Database,
  statements: ReturnType<typeof passkeyChallengeStatements>,
  readback: Readback,
): PasskeyChallengeRepository {
  /** Stores a challenge for the passkeys of a user; after a lost reply it looks for the challenge. */
  const storeForUser = <Outcome extends ChallengeForPending>(
    hash: TokenHash,
    store: (call: Database) => Promise<Outcome>,
  ): Promise<Outcome | Stored> =>
    db.runWithRecovery<Outcome | Stored>(store, async (call) => {
      if (!(await readback.hasChallenge(call, hash))) return null
      return { ok: true, credentials: await readback.challenged(call, hash) }
    })
  return {
    async store(challenge: NewPasskeyChallenge) {
      const given = checkObject(challenge, 'challenge')
      const values = {
        ...chargeValues(checkIpAddressCharge(given.ipAddress)),
        challengeHash: given.challengeHash,
        ceremony: checkCeremony(given.ceremony),
        ...holderValues(given.holder),
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return db.runWithRecovery<ChargeOutcome>(
        (call) => one(call, statements.store, values, toChargeOutcome),
        async (call) =>
          (await readback.hasChallenge(call, values.challengeHash)) ? { ok: true } : null,
      )
    },
    async storeForEmail(challenge: UnboundChallenge, email: string) {
      const given = checkObject(challenge, 'challenge')
      const values = {
        ...chargeValues(checkIpAddressCharge(given.ipAddress)),
        challengeHash: given.challengeHash,
        emailKey: requireEmail(email),
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
        unknownUserId: newUserId(),
      }
      return storeForUser(values.challengeHash, async (call) =>
        toChallenge(await many(call, statements.storeForEmail, values, (row: EmailRow) => row)),
      )
    },
    async storeForPending(challenge: UnboundChallenge, key: PendingKey) {
      const given = checkObject(challenge, 'challenge')
      const values = {
        ...chargeValues(checkIpAddressCharge(given.ipAddress)),
        ...pendingKeyValues(key),
        challengeHash: given.challengeHash,
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return storeForUser(values.challengeHash, async (call) =>
        toPendingChallenge(
          await many(call, statements.storeForPending, values, (row: PendingRow) => row),
        ),
      )
    },
    async consume(input: Answer) {
      const given = checkObject(input, 'input')
      const values = {
        challengeHash: given.challengeHash,
        ceremony: checkCeremony(given.ceremony, ['register', 'reauthenticate']),
        ...actorValues(given.actor),
      }
      return exists(db, statements.consume, values)
    },
  }
}

type Stored = Extract<ChallengeForEmail, { ok: true }>
type UnboundChallenge = Parameters<PasskeyChallengeRepository['storeForEmail']>[0]
type EmailRow = VerdictRow & (CredentialRow | { id: null })

/** Every row holds the verdict, and there is always one. */
function toChallenge(rows: readonly EmailRow[]): ChallengeForEmail {
  const first = firstOf(rows)
  return first.allowed ? { ok: true, credentials: credentialsOf(rows) } : toRefusal(first)
}

type PendingRow = EmailRow & { pending_id: SessionId | null }

function toPendingChallenge(rows: readonly PendingRow[]): ChallengeForPending {
  const first = firstOf(rows)
  if (!first.allowed) return toRefusal(first)
  if (first.pending_id === null) return { ok: false, reason: 'invalid_token' }
  const credentials = credentialsOf(rows)
  return credentials.length === 0 ? { ok: false, reason: 'not_found' } : { ok: true, credentials }
}

function firstOf<Row>([first]: readonly Row[]): Row {
  if (first === undefined) throw new Error('passkey_challenges: no verdict')
  return first
}

const credentialsOf = (rows: readonly EmailRow[]) =>
  rows.flatMap((row) => (row.id === null ? [] : toCredential(row)))

type Answer = Parameters<PasskeyChallengeRepository['consume']>[0]

function holderValues(value: ChallengeHolder) {
  const given = checkObject(value, 'holder')
  const anyone = { userId: null, sessionId: null, sessionEpoch: null, ownerEpoch: null }
  switch (given.kind) {
    case 'anyone':
      return anyone
    case 'user':
      return { ...anyone, userId: checkUserId(given.userId) }
    case 'session':
      return actorValues(given.actor)
    default:
      throw new InvalidInputError('kind', 'must be anyone, user or session')
  }
}
