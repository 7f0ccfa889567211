import type {
  ChallengeHolder,
  ChargeOutcome,
  NewPasskeyChallenge,
  PasskeyChallengeRepository,
} from 'torii-core'
import { InvalidInputError, tokenHash } from 'torii-core'
import type { VerdictRow } from './attempt-charging.js'
import { chargeAttempt, chargeValues, toRefusal } from './attempt-charging.js'
import type { Database } from './db.js'
import { maybeOne, nameStatements, statementTime as now, one, secondsFromNow } from './db.js'
import { askingValues, checkObject, checkSeconds, checkUserId } from './input.js'
import { checkCeremony, checkNetworkCharge } from './input-credentials.js'
import { createReceipts } from './receipts.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('passkey_challenges', {
    store: `
      with ${chargeAttempt(schema)}, challenge as (
        insert into ${schema}.passkey_challenges
          (challenge_hash, ceremony, user_id, session_id, session_epoch, owner_epoch, expires_at)
        select $15::bytea, $16::text, $17::uuid, $18::uuid, $19::int, $20::int, ${secondsFromNow('$21')}
        from verdict v where v.allowed
        returning challenge_hash
      )
      select v.allowed, v.retry_after from verdict v left join challenge on true`,
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
      const { challengeHash, ceremony, holder, lifetimeSeconds, network } = checkObject(
        challenge,
        'challenge',
      )
      const values = [
        ...chargeValues(checkNetworkCharge(network)),
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
    async consume(input: Answer) {
      const { challengeHash, ceremony, asking } = checkObject(input, 'input')
      const values = [
        tokenHash(challengeHash),
        checkCeremony(ceremony, ['register', 'reauthenticate']),
        ...askingValues(asking),
      ]
      return (await maybeOne(db, sql.consume, values, () => true)) ?? false
    },
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
      return askingValues(given.asking)
    default:
      throw new InvalidInputError('kind', 'must be anyone, user or session')
  }
}
