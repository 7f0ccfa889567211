import type {
  ChallengeForEmail,
  ChallengeHolder,
  ChargeOutcome,
  NewPasskeyChallenge,
  PasskeyChallengeRepository,
} from 'torii-core'
import { InvalidInputError, newUserId, requireEmail, tokenHash } from 'torii-core'
import type { Database } from '../sql/db.js'
import {
  many,
  maybeOne,
  nameStatements,
  statementTime as now,
  one,
  secondsFromNow,
} from '../sql/db.js'
import { actorValues, checkObject, checkSeconds, checkUserId } from './input/input.js'
import { checkCeremony, checkIpAddressCharge } from './input/input-credentials.js'
import type { CredentialRow } from './passkey-credential.js'
import { credentialColumns, toCredential } from './passkey-credential.js'
import type { VerdictRow } from './rate-limit-charging.js'
import { chargeRateLimit, chargeValues, toRefusal } from './rate-limit-charging.js'
import { createReceipts } from './readback.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('passkey_challenges', {
    store: `
      with ${chargeRateLimit(schema)}, challenge as (
        insert into ${schema}.passkey_challenges
          (challenge_hash, ceremony, user_id, session_id, session_epoch, owner_epoch, expires_at)
        select $15::bytea, $16::text, $17::uuid, $18::uuid, $19::int, $20::int, ${secondsFromNow('$21')}
        from verdict v where v.allowed
        returning challenge_hash
      )
      select v.allowed, v.retry_after from verdict v left join challenge on true`,
    // An address without an account gets a challenge too, bound to the id `$18` of nobody.
    storeForEmail: `
      with ${chargeRateLimit(schema)}, u as (
        select u.id, u.session_epoch, u.owner_epoch
        from verdict v join ${schema}.user_emails e on v.allowed and e.email_key = $16::text
        join ${schema}.users u on u.id = e.user_id
        where u.disabled_at is null
      ), challenge as (
        insert into ${schema}.passkey_challenges (challenge_hash, ceremony, user_id, expires_at)
        select $15::bytea, 'authenticate', coalesce((select u.id from u), $18::uuid), ${secondsFromNow('$17')}
        from verdict v where v.allowed
        returning challenge_hash
      )
      select v.allowed, v.retry_after, ${credentialColumns}
      from verdict v left join challenge on true left join u on true
      left join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch
      order by k.created_at, k.id`,
    consume: `
      with challenge as (
        delete from ${schema}.passkey_challenges c where c.challenge_hash = $1::bytea
        returning c.ceremony, c.user_id, c.session_id, c.session_epoch, c.owner_epoch, c.expires_at
      )
      select true as live from challenge c
      where c.ceremony = $2::text and c.user_id = $3::uuid and c.session_id = $4::uuid
        and c.session_epoch = $5::int and c.owner_epoch = $6::int and c.expires_at > ${now}`,
  })

/** `schema` is an already quoted identifier. */
export function createPasskeyChallengeRepository(
  db: Database,
  schema: string,
): PasskeyChallengeRepository {
  const sql = statements(schema)
  const receipts = createReceipts(db, schema)
  return {
    async store(challenge: NewPasskeyChallenge) {
      const { challengeHash, ceremony, holder, lifetimeSeconds, ipAddress } = checkObject(
        challenge,
        'challenge',
      )
      const values = [
        ...chargeValues(checkIpAddressCharge(ipAddress)),
        tokenHash(challengeHash),
        checkCeremony(ceremony),
        ...holderValues(holder),
        checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
      ]
      return db.settle<ChargeOutcome>(
        () =>
          one(db, sql.store, values, (row: VerdictRow) =>
            row.allowed ? { ok: true } : toRefusal(row),
          ),
        async () => ((await receipts.challenge(challengeHash)) === null ? null : { ok: true }),
      )
    },
    async storeForEmail(challenge: EmailChallenge, email: string) {
      const { challengeHash, lifetimeSeconds, ipAddress } = checkObject(challenge, 'challenge')
      const values = [
        ...chargeValues(checkIpAddressCharge(ipAddress)),
        tokenHash(challengeHash),
        requireEmail(email),
        checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
        newUserId(),
      ]
      return db.settle<ChallengeForEmail>(
        async () => toChallenge(await many(db, sql.storeForEmail, values, (row: EmailRow) => row)),
        async () => {
          if ((await receipts.challenge(challengeHash)) === null) return null
          return { ok: true, credentials: await receipts.challenged(challengeHash) }
        },
      )
    },
    async consume(input: Answer) {
      const { challengeHash, ceremony, actor } = checkObject(input, 'input')
      const values = [
        tokenHash(challengeHash),
        checkCeremony(ceremony, ['register', 'reauthenticate']),
        ...actorValues(actor),
      ]
      return (await maybeOne(db, sql.consume, values, () => true)) ?? false
    },
  }
}

type EmailChallenge = Parameters<PasskeyChallengeRepository['storeForEmail']>[0]
type EmailRow = VerdictRow & (CredentialRow | { id: null })

/** The verdict stands in every row, and there is always one. */
function toChallenge(rows: readonly EmailRow[]): ChallengeForEmail {
  const [first] = rows
  if (first === undefined) throw new Error('passkey_challenges.storeForEmail: no verdict')
  if (!first.allowed) return toRefusal(first)
  return {
    ok: true,
    credentials: rows.flatMap((row) => (row.id === null ? [] : toCredential(row))),
  }
}

type Answer = Parameters<PasskeyChallengeRepository['consume']>[0]

/** `user, session, session epoch, owner epoch`. */
function holderValues(holder: ChallengeHolder): unknown[] {
  const given = checkObject(holder, 'holder')
  switch (given.kind) {
    case 'anyone':
      return [null, null, null, null]
    case 'user':
      return [checkUserId(given.userId), null, null, null]
    case 'session':
      return actorValues(given.actor)
    default:
      throw new InvalidInputError('kind', 'must be anyone, user or session')
  }
}
