import type {
  EncryptedTotpSecret,
  Json,
  PendingKey,
  SecondFactorRepository,
  SecondFactors,
  UserId,
} from 'torii-core'
import { maxPendingTries } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { partOfTransaction, readBack, repeat, sameState } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, many, maybeOne } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { milliseconds, secondsFromNow, toDate, toDateOrNull } from '../../sql/time.js'
import type { PendingRow } from '../fragments/new-session.js'
import { toSecondFactorRequired } from '../fragments/new-session.js'
import { userId } from '../fragments/parameters.js'
import {
  givenPending,
  livePending,
  pendingColumns,
  pendingKeyValues,
} from '../fragments/pending-row.js'
import type { Readback } from '../fragments/readback.js'
import { hasSecondFactor } from '../fragments/second-factor.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { checkBoolean, checkInteger, checkObject } from '../input/input.js'
import { createEnrollment, enrollmentStatements } from './enrollment.js'
import { createPasskeyAnswers, passkeyAnswerStatements } from './passkey-answers.js'
import { createPasskeyEnrollment, passkeyEnrollmentStatements } from './passkey-enrollment.js'
import { createPasswordAnswers, passwordAnswerStatements } from './password-answers.js'
import { createPendingAnswers, pendingAnswerStatements } from './pending-answers.js'
import { recoveryCodeStatements } from './recovery-codes.js'
import { createRequiredEnrollment, requiredEnrollmentStatements } from './required-enrollment.js'
import { createStepUp, stepUpStatements } from './step-up.js'
import { createTrustedBrowsers, trustedBrowserStatements } from './trusted-browsers.js'

const afterUser = nullable('afterUser', 'uuid')<UserId>()
const graceSeconds = nullable('graceSeconds', 'float8')<number>()
const limit = parameter('limit', 'int')<number>()
const former = parameter('former', 'bytea')<EncryptedTotpSecret>()
const secret = parameter('secret', 'bytea')<EncryptedTotpSecret>()

/** Holds where the user `u` has a passkey that counts. */
const hasPasskeyOfUser = (schema: string) => `((
          select true from ${schema}.passkeys k where k.user_id = u.id and k.owner_epoch = u.owner_epoch limit 1) is not null)`

/**
 * CTEs that remove the factor of the user for whom `where` holds, with trusted browsers and recovery codes. The locks: user, factor,
 * trusted browsers; an answer, which locks the last two the other way round, waits for the user. The epoch, which the statement
 * then raises, ends the sessions, the pending sign-ins and the trusted browsers, also those that it cannot see yet.
 */
const removeFactor = (schema: string, where: string) => sql`u as (
        select u.id from ${schema}.users u where u.id = ${userId} and ${where} for no key update
      ), f as (
        delete from ${schema}.totp_factors t using u where t.user_id = u.id returning 1 as one
      ), untrusted as (
        delete from ${schema}.trusted_browsers t using u
        where t.user_id = u.id and (select pg_catalog.count(*) from f) >= 0 returning 1 as one
      ), codes as (
        delete from ${schema}.recovery_codes c using u
        where c.user_id = u.id and (select pg_catalog.count(*) from f) >= 0 returning 1 as one
      )`

/** The end of a statement with {@link removeFactor}. */
const endFactor = (schema: string) =>
  `update ${schema}.users u set second_factor_epoch = null, session_epoch = u.session_epoch + 1
      where u.id = (select u.id from u) and (select pg_catalog.count(*) from codes) >= 0
      returning ${userColumns}`

export const secondFactorStatements = (schema: string) => ({
  ...enrollmentStatements(schema),
  ...pendingAnswerStatements(schema),
  ...passkeyAnswerStatements(schema),
  ...passkeyEnrollmentStatements(schema),
  ...passwordAnswerStatements(schema),
  ...recoveryCodeStatements(schema),
  ...requiredEnrollmentStatements(schema),
  ...stepUpStatements(schema),
  ...trustedBrowserStatements(schema),
  find: read(
    'second_factors.find',
    sql`
      select ${milliseconds('u.second_factor_required_at')} as required_at, f.user_id, ${milliseconds('f.created_at')} as created_at, ${milliseconds('f.last_used_at')} as last_used_at,
        f.recovery_generation as generation, (
          select pg_catalog.count(*) from ${schema}.recovery_codes c
          where c.user_id = f.user_id and c.generation = f.recovery_generation)::int as remaining
      from ${schema}.users u left join ${schema}.totp_factors f on f.user_id = u.id and ${hasSecondFactor}
      where u.id = ${userId}`,
  ),
  findPending: read(
    'second_factors.findPending',
    sql`
      select p.user_id, p.tries::int as tries, ${pendingColumns(schema)}
      from ${schema}.pending_sign_ins p join ${schema}.users u on u.id = p.user_id
      where ${givenPending} and ${livePending}`,
  ),
  endPending: write(
    'second_factors.endPending',
    sql`
      delete from ${schema}.pending_sign_ins p using ${schema}.users u
      where ${givenPending} and u.id = p.user_id
      returning ${livePending} as live`,
    { schema, onLostReply: repeat('false: it is not live any more') },
  ),
  reset: write(
    'second_factors.reset',
    sql`
      with ${removeFactor(schema, hasSecondFactor)}
      ${endFactor(schema)}`,
    { schema, onLostReply: repeat('null: there is none any more') },
  ),
  // The passkeys before the user, as everywhere.
  lockForReset: write(
    'second_factors.lockForReset',
    sql`
      with keys as (
        select k.credential_id from ${schema}.passkeys k where k.user_id = ${userId} order by k.credential_id for update
      )
      select u.id from ${schema}.users u where u.id = ${userId} and (select pg_catalog.count(*) from keys) >= 0
      for no key update`,
    { schema, onLostReply: readBack(partOfTransaction) },
  ),
  // Runs under the user's lock, in a statement by itself: its snapshot sees every earlier addition.
  resetWithPasskeys: write(
    'second_factors.resetWithPasskeys',
    sql`
      with ${removeFactor(schema, `(${hasSecondFactor} or ${hasPasskeyOfUser(schema)})`)}, removed as (
        delete from ${schema}.passkeys k using u where k.user_id = u.id returning 1 as one
      )
      ${endFactor(schema)}`,
    { schema, onLostReply: readBack(partOfTransaction) },
  ),
  setRequired: write(
    'second_factors.setRequired',
    sql`
      update ${schema}.users u set
        second_factor_required_at = case when ${graceSeconds} is not null
          then least(u.second_factor_required_at, ${secondsFromNow(graceSeconds)}) end,
        session_epoch = u.session_epoch + (${graceSeconds} is not null)::int
      where u.id = ${userId}
      returning ${userColumns}`,
    {
      schema,
      onLostReply: repeat(
        'the grace begins again, and sessions that were opened meanwhile end too',
      ),
    },
  ),
  listSecrets: read(
    'second_factors.listSecrets',
    sql`
      select f.user_id, f.secret from ${schema}.totp_factors f
      where ${afterUser} is null or f.user_id > ${afterUser}
      order by f.user_id limit ${limit}`,
  ),
  replaceSecret: write(
    'second_factors.replaceSecret',
    sql`
      update ${schema}.totp_factors f set secret = ${secret}
      where f.user_id = ${userId} and f.secret in (${former}, ${secret})
      returning 1 as one`,
    { schema, onLostReply: repeat(sameState) },
  ),
})

export function createSecondFactorRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof secondFactorStatements>,
  readback: Readback,
): SecondFactorRepository<Metadata> {
  return {
    ...createEnrollment(db, statements, readback),
    ...createPendingAnswers<Metadata>(db, statements, readback),
    ...createRequiredEnrollment<Metadata>(db, statements, readback),
    ...createPasskeyAnswers<Metadata>(db, statements, readback),
    ...createPasskeyEnrollment<Metadata>(db, statements, readback),
    ...createPasswordAnswers<Metadata>(db, statements, readback),
    ...createStepUp(db, statements, readback),
    ...createTrustedBrowsers(db, statements),
    async find(user: UserId) {
      return (await maybeOne(db, statements.find, { userId: user }, toSecondFactors)) ?? none
    },
    async findPending(key: PendingKey) {
      return maybeOne(db, statements.findPending, pendingKeyValues(key), toPending)
    },
    async endPending(key: PendingKey) {
      const wasLive = (row: { live: boolean }) => row.live
      return (await maybeOne(db, statements.endPending, pendingKeyValues(key), wasLive)) ?? false
    },
    async reset(user: UserId, options: { passkeys?: boolean } = {}) {
      const { passkeys = false } = checkObject(options, 'options')
      const values = { userId: user }
      if (!checkBoolean(passkeys, 'passkeys'))
        return maybeOne(db, statements.reset, values, toUser<Metadata>)
      const resetOnce = (call: Database) =>
        call.atomic(async (tx) => {
          await exists(tx, statements.lockForReset, values)
          return maybeOne(tx, statements.resetWithPasskeys, values, toUser<Metadata>)
        })
      // Once more after a lost reply: there is nothing to remove any more.
      return db.runWithRecovery(resetOnce, async () => null)
    },
    async setRequired(user: UserId, required: { graceSeconds: number } | null) {
      const values = { userId: user, graceSeconds: required && checkGrace(required) }
      return maybeOne(db, statements.setRequired, values, toUser<Metadata>)
    },
    async listSecrets(query: { limit: number; after?: UserId }) {
      const { limit: most, after } = checkObject(query, 'query')
      const values = { limit: checkInteger(most, 'limit', 1, 1000), afterUser: after ?? null }
      return many(db, statements.listSecrets, values, (row: SecretRow) => ({
        userId: row.user_id,
        secret: row.secret,
      }))
    },
    async replaceSecret(input: Replacement) {
      const { userId: user, former: replaced, secret: next } = checkObject(input, 'input')
      return exists(db, statements.replaceSecret, { userId: user, former: replaced, secret: next })
    },
  }
}

/** At most a year. */
const maxGraceSeconds = 31_536_000

const checkGrace = (required: { graceSeconds: number }): number =>
  checkInteger(checkObject(required, 'required').graceSeconds, 'graceSeconds', 0, maxGraceSeconds)

type FactorRow = { required_at: number | null } & (
  | {
      user_id: UserId
      created_at: number
      last_used_at: number | null
      generation: number
      remaining: number
    }
  | { user_id: null }
)

const noFactors = { totp: null, recoveryCodes: { remaining: 0, generation: 0 } } as const

const toSecondFactors = (row: FactorRow): SecondFactors => {
  const requiredAt = toDateOrNull(row.required_at)
  if (row.user_id === null) return { requiredAt, ...noFactors }
  const { created_at, last_used_at, generation, remaining } = row
  const totp = { createdAt: toDate(created_at), lastUsedAt: toDateOrNull(last_used_at) }
  return { requiredAt, totp, recoveryCodes: { remaining, generation } }
}

const none: SecondFactors = Object.freeze({ requiredAt: null, ...noFactors })

const toPending = (row: PendingRow & { tries: number }) => ({
  ...toSecondFactorRequired(row).pending,
  triesLeft: maxPendingTries - row.tries,
})

interface SecretRow {
  user_id: UserId
  secret: EncryptedTotpSecret
}

type Replacement = Parameters<SecondFactorRepository['replaceSecret']>[0]
