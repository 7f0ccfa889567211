import type { PasskeyFactorSignIn, PendingPasskeyLookup, SecondFactorRepository } from 'torii-core'
import { maxPendingTries } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat, usedUp } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { exists, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { challengeIsCurrent } from '../fragments/challenge.js'
import { userId } from '../fragments/parameters.js'
import type { CredentialRow } from '../fragments/passkey-credential.js'
import { credentialColumns, toCredential } from '../fragments/passkey-credential.js'
import {
  givenPending,
  livePending,
  lockPending,
  lockUserOfPending,
  pendingKeyValues,
  takesPasskey,
} from '../fragments/pending-row.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import { chargeFailure, chargeValues, toRefusal } from '../fragments/rate-limit-charging.js'
import { refundPending, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { lockFormerTrust, newTrustValues, trustBrowser } from '../fragments/trusted-browser.js'
import { checkObject } from '../input/input.js'
import { checkBytes, checkIpAddressCharge } from '../input/input-credentials.js'
import { credentialId } from '../passkeys/passkey-columns.js'
import {
  challengeHash,
  countIsAccepted,
  countUse,
  holdPasskey,
  ownerEpoch,
  useValues,
} from '../passkeys/passkey-use.js'
import type { OpenedAnswer } from './pending-answers.js'
import { invalidToken, noLimit, openedValues, openOfPending, toOpened } from './pending-answers.js'
import type { recoveryCodeStatements } from './recovery-codes.js'
import { allRemaining, countRemaining } from './recovery-codes.js'

export const passkeyAnswerStatements = (schema: string) => ({
  // The locks: challenge, pending sign-in, rate limits.
  findPasskey: write(
    'second_factors.findPasskey',
    sql`
      with ${chargeFailure(
        schema,
        sql`c as (
        delete from ${schema}.passkey_challenges c using gate
        where gate.until is null and c.challenge_hash = ${challengeHash}
        returning c.ceremony, c.user_id, c.session_id, c.global_epoch, c.expires_at
      ), p as (
        update ${schema}.pending_sign_ins p set tries = p.tries + 1
        from ${schema}.users u, gate
        where gate.until is null and (select pg_catalog.count(*) from c) >= 0
          and ${givenPending} and u.id = p.user_id and ${livePending}
        returning p.user_id, p.id, p.session_epoch, p.owner_epoch, p.tries::int as tries, ${takesPasskey(schema)} as takes_passkey
      ), found as (
        select ${credentialColumns}
        from c join p on p.user_id = c.user_id and p.id = c.session_id
        join ${schema}.users u on u.id = p.user_id
        join ${schema}.passkeys k on k.credential_id = ${credentialId} and k.user_id = p.user_id and k.owner_epoch = p.owner_epoch
        where c.ceremony = 'second_factor' and p.takes_passkey and ${challengeIsCurrent(schema)}
      )`,
        'found',
      )}
      select v.allowed, v.retry_after, p.tries, found.* from verdict v left join p on true left join found on true`,
    { schema, onLostReply: repeat(`${usedUp}; ${countedTwice}`) },
  ),
  // The locks: passkey, user, pending sign-in, trusted browser. Then all is written or nothing. A passkey is an entry row: its deletion and a
  // sign-in by it lock it before the user.
  signInByPasskey: write(
    'second_factors.signInByPasskey',
    sql`
      with ${holdPasskey(schema)}, ${lockUserOfPending(schema, { condition: ' and (select pg_catalog.count(*) from held) >= 0' })}, ${lockPending(schema, " and not ('passkey' = any (p.methods))")}, ${lockFormerTrust(schema)}, ended as (
        delete from ${schema}.pending_sign_ins d using p, held
        where d.user_id = p.user_id and d.id = p.id and held.user_id = p.user_id and held.owner_epoch = p.owner_epoch
          and (select pg_catalog.count(*) from former) >= 0
        returning d.user_id
      ), used as (
        update ${schema}.passkeys k set ${countUse}
        from ended where k.credential_id = ${credentialId} and k.user_id = ended.user_id
        returning k.user_id
      ), ${trustBrowser(schema)}, ${openOfPending(schema, "'passkey'", noLimit)}, ${refundPending(schema, 's')}
      select u.*, s.*, p.tries::int as tries, (select pg_catalog.count(*) from held)::int as usable,
        ${allRemaining(schema)} as remaining
      from (select 1 as one) as always left join u on true left join p on true left join s on true`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  ),
  // Asked after a refusal: the snapshot of an answer that waited for another one shows the count before that.
  findRegression: read(
    'second_factors.findRegression',
    sql`
      select k.id from ${schema}.passkeys k
      where k.credential_id = ${credentialId} and k.user_id = ${userId} and k.owner_epoch = ${ownerEpoch}
        and not ${countIsAccepted}`,
  ),
})

/** Answers pending sign-ins by passkeys. */
export function createPasskeyAnswers<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof passkeyAnswerStatements> &
    ReturnType<typeof recoveryCodeStatements>,
  readback: Readback,
): Pick<SecondFactorRepository<Metadata>, 'findPasskey' | 'signInByPasskey'> {
  return {
    async findPasskey(input: Lookup) {
      const given = checkObject(input, 'input')
      const values = {
        ...pendingKeyValues(given.key),
        challengeHash: given.challengeHash,
        credentialId: checkBytes(given.credentialId, 'credentialId', 1, 1023),
        ...chargeValues(checkIpAddressCharge(given.charge)),
      }
      return one(db, statements.findPasskey, values, toLookup)
    },
    async signInByPasskey(input: Answer) {
      const { key, use, session, trust = null } = checkObject(input, 'input')
      const pending = pendingKeyValues(key)
      const { passkey, backedUp, usedHandle } = useValues(use)
      const values = {
        ...passkey,
        backedUp,
        usedHandle,
        ...pending,
        ...openedValues(session),
        ...refundValues(null),
        ...newTrustValues(trust),
      }
      if (passkey.userId !== pending.userId) return invalidToken
      return db.runWithRecovery<PasskeyFactorSignIn<Metadata>>(
        async (call) => {
          const row = await one(call, statements.signInByPasskey, values, (found: Row) => found)
          if (row.session_id !== null) return toOpened<Metadata>(row)
          if (row.tries === null) return invalidToken
          const triesLeft = maxPendingTries - row.tries
          const regressed =
            row.usable === 0 && (await exists(call, statements.findRegression, passkey))
          return { ok: false, reason: regressed ? 'counter_regression' : 'invalid_code', triesLeft }
        },
        async (call) => {
          const row = await readback.session(call, pending.userId, session)
          if (row === null) return null
          const remaining = await countRemaining(call, statements, pending.userId)
          return toOpened<Metadata>({ ...row, remaining })
        },
      )
    },
  }
}

type FoundRow = VerdictRow & { tries: number | null } & (CredentialRow | { id: null })

function toLookup(row: FoundRow): PendingPasskeyLookup {
  if (row.id !== null) return { ok: true, credential: toCredential(row), triesLeft: left(row) }
  if (!row.allowed) return toRefusal(row)
  return row.tries === null ? invalidToken : { ok: true, credential: null, triesLeft: left(row) }
}

const left = ({ tries }: { tries: number | null }): number => maxPendingTries - (tries ?? 0)

type Row = { tries: number | null; usable: number } & (OpenedAnswer | { session_id: null })
type Lookup = Parameters<SecondFactorRepository['findPasskey']>[0]
type Answer = Parameters<SecondFactorRepository['signInByPasskey']>[0]
