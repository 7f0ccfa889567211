import type { PendingPasswordLookup, SecondFactorRepository } from 'torii-core'
import { maxPendingTries, PasswordHash } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { lockPending, lockUserOfPending, pendingKeyValues } from '../fragments/pending-row.js'
import { chargeValues, tryColumns } from '../fragments/rate-limit-charging.js'
import { refundPending, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { isPossession } from '../fragments/second-factor.js'
import { checkCharges, checkObject, checkRefund } from '../input/input.js'
import type { TryRow, UncountedAnswer } from './pending-answers.js'
import {
  countPendingTry,
  invalidToken,
  noLimit,
  openedValues,
  openOfPending,
  refusalOf,
  toAnswered,
  toOpened,
} from './pending-answers.js'
import type { recoveryCodeStatements } from './recovery-codes.js'
import { allRemaining, countRemaining } from './recovery-codes.js'

export const passwordAnswerStatements = (schema: string) => ({
  // No hash leaves the database for a refused try, nor where the password would be proved twice.
  findPassword: write(
    'second_factors.findPassword',
    sql`
      with ${countPendingTry(schema, `p.owner_epoch, ${isPossession('p.methods')} as takes_password`)}
      select ${tryColumns}, p.user_id, p.tries, held.hash
      from verdict v left join p on true
      left join ${schema}.passwords held on held.user_id = p.user_id and held.owner_epoch = p.owner_epoch and p.takes_password`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  // The locks: user, pending sign-in. Every change of the password raises an epoch of the user, and so ends the pending sign-in.
  signInByPassword: write(
    'second_factors.signInByPassword',
    sql`
      with ${lockUserOfPending(schema)}, ${lockPending(schema, ` and ${isPossession('p.methods')}`)}, used as (
        delete from ${schema}.pending_sign_ins d using p where d.user_id = p.user_id and d.id = p.id
        returning d.user_id
      ), ${openOfPending(schema, "'password'", noLimit)}, ${refundPending(schema, 's')}
      select u.*, s.*, p.tries::int as tries, ${allRemaining(schema)} as remaining
      from (select 1 as one) as always left join u on true left join p on true left join s on true`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  ),
})

/** Answers pending sign-ins after possession by the password. */
export function createPasswordAnswers<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof passwordAnswerStatements> &
    ReturnType<typeof recoveryCodeStatements>,
  readback: Readback,
): Pick<SecondFactorRepository<Metadata>, 'findPassword' | 'signInByPassword'> {
  return {
    async findPassword(input: Lookup) {
      const { key, charges } = checkObject(input, 'input')
      const values = { ...pendingKeyValues(key), ...chargeValues(checkCharges(charges)) }
      return one(db, statements.findPassword, values, toLookup)
    },
    async signInByPassword(input: Answer) {
      const { key, session, refund } = checkObject(input, 'input')
      const values = {
        ...pendingKeyValues(key),
        ...openedValues(session),
        ...refundValues(checkRefund(refund)),
      }
      return db.runWithRecovery<UncountedAnswer<Metadata>>(
        (call) => one(call, statements.signInByPassword, values, toAnswered<Metadata>),
        async (call) => {
          const row = await readback.session(call, values.userId, session)
          if (row === null) return null
          const remaining = await countRemaining(call, statements, values.userId)
          return toOpened<Metadata>({ ...row, remaining })
        },
      )
    },
  }
}

type LookupRow = TryRow &
  ({ user_id: string; tries: number; hash: string | null } | { user_id: null; tries: null })

function toLookup(row: LookupRow): PendingPasswordLookup {
  const refused = refusalOf(row)
  if (refused !== null || row.user_id === null) return refused ?? invalidToken
  const hash = row.hash === null ? null : new PasswordHash(row.hash)
  return { ok: true, hash, triesLeft: maxPendingTries - row.tries }
}

type Lookup = Parameters<SecondFactorRepository['findPassword']>[0]
type Answer = Parameters<SecondFactorRepository['signInByPassword']>[0]
