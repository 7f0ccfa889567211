import type {
  EncryptedTotpSecret,
  SecondFactorChange,
  SecondFactorPolicy,
  SecondFactorRepository,
  SessionActor,
  TokenHash,
  TotpConfirmation,
  TotpEnrollment,
} from 'torii-core'
import { maxPendingTries, recoveryCodeCount } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat, sameState } from '../../sql/lost-reply.js'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, maybeOne, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import { actor, actorIsLive } from '../fragments/actor.js'
import { entryLock, entryLockTaken } from '../fragments/entry-lock.js'
import { newSecretHash } from '../fragments/parameters.js'
import type { Readback } from '../fragments/readback.js'
import {
  hasPasskey,
  hasSecondFactor,
  isRequired,
  policyValue,
  raisedLevel,
} from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { endedCount, liveSession, sessionColumns, toSession } from '../fragments/session-row.js'
import { insertToken } from '../fragments/verification-token-row.js'
import {
  actorValues,
  checkInteger,
  checkObject,
  checkPolicy,
  checkSeconds,
  maxEpoch,
} from '../input/input.js'
import { checkHashes, linkIdOf } from '../input/input-credentials.js'
import { currentStep, maxStep, step } from './totp-step.js'

export const secret = parameter('secret', 'bytea')<EncryptedTotpSecret>()
const recoveryCodes = parameter('recoveryCodes', 'bytea[]')<readonly TokenHash[]>()
const undoId = nullable('undoId', 'uuid')<string>()
const undoHash = nullable('undoHash', 'bytea')<TokenHash>()
const undoLifetime = nullable('undoLifetime', 'float8')<number>()
const generation = parameter('generation', 'int')<number>()
const policy = parameter('factorPolicy', 'int')<number>()

/** Seconds in which an enrollment is confirmed. */
const enrollmentSeconds = '600::float8'
/** The wrong codes after which an enrollment is started again. */
export const maxTries = maxPendingTries

/** The enrollment `e` of the acting session. */
const ownEnrollment = sql`e.user_id = ${actor.userId} and e.session_id = ${actor.sessionId}
          and e.session_epoch = ${actor.sessionEpoch} and e.owner_epoch = ${actor.ownerEpoch} and e.expires_at > ${now}`

/**
 * CTEs that replace the recovery codes of the factor `f (user_id, recovery_generation)`. Codes that this statement cannot see
 * yet are of a former generation, and count no more.
 */
const replaceCodes = (schema: string) => sql`former_codes as (
        delete from ${schema}.recovery_codes c using f
        where c.user_id = f.user_id and c.code_hash <> all (${recoveryCodes})
        returning 1 as one
      ), new_codes as (
        insert into ${schema}.recovery_codes (user_id, code_hash, generation)
        select f.user_id, given.hash, f.recovery_generation
        from f, pg_catalog.unnest(${recoveryCodes}) as given (hash)
        on conflict (user_id, code_hash) do update set generation = excluded.generation
        returning 1 as one
      )`

/** The insert of an enrollment for `rows`, which have `user_id` and the epochs; `sessionId` is SQL for what it belongs to. */
export const insertEnrollment = <const Id extends SqlPart>(
  schema: string,
  sessionId: Id,
  rows: string,
) => sql`insert into ${schema}.totp_enrollments as e (user_id, session_id, session_epoch, owner_epoch, secret, tries, expires_at)
        select user_id, ${sessionId}, session_epoch, owner_epoch, ${secret}, 0, ${secondsFromNow(enrollmentSeconds)}
        from ${rows}
        on conflict (user_id) do update set
          session_id = excluded.session_id, session_epoch = excluded.session_epoch, owner_epoch = excluded.owner_epoch,
          secret = excluded.secret, tries = 0, expires_at = excluded.expires_at
        returning 1 as one`

/** CTEs that make the confirmed enrollments of `rows (user_id)` the factor `f` of their user, with new recovery codes. */
export const writeFactor = (schema: string, rows: string) => sql`f as (
        insert into ${schema}.totp_factors as t (user_id, secret, last_step, recovery_generation, created_at)
        select user_id, ${secret}, ${step}, 1, ${now} from ${rows}
        on conflict (user_id) do update set
          secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at, last_used_at = null,
          recovery_generation = t.recovery_generation + 1
        returning t.user_id, t.recovery_generation
      ), ${replaceCodes(schema)}, confirmed as (
        delete from ${schema}.totp_enrollments e using f where e.user_id = f.user_id returning 1 as one
      )`

/**
 * CTEs that lock the factor of the user of the CTE `owner (user_id)`, and after it the acting session: a change is made while
 * that is there, or not at all.
 */
const lockFactorAndSession = (schema: string, owner: string) => sql`former as (
        select t.user_id from ${schema}.totp_factors t join ${owner} on ${owner}.user_id = t.user_id for update of t
      ), acting as (
        select s.user_id from ${schema}.sessions s join ${owner} on ${owner}.user_id = s.user_id
        where s.id = ${actor.sessionId} and (select pg_catalog.count(*) from former) >= 0 for update of s
      )`

/**
 * CTEs that end every session of a user but the acting one, after a CTE `raised (id, session_epoch)` has raised the epoch.
 * The acting one is carried along with a new secret; `assignments` are further ones.
 */
const keepWithNewSecret = (schema: string, assignments: string) => sql`kept as (
        update ${schema}.sessions s set epoch = raised.session_epoch, secret_hash = ${newSecretHash}${assignments}
        from raised, ${schema}.users u
        where s.user_id = raised.id and s.id = ${actor.sessionId} and u.id = raised.id and ${liveSession}
        returning s.user_id, ${sessionColumns}
      ), gone as (
        delete from ${schema}.sessions s using raised, ${schema}.users u
        where s.user_id = raised.id and s.id <> ${actor.sessionId} and u.id = raised.id
        returning ${liveSession} as live
      )`

/** CTEs that lock the tokens by which the acting user can undo a second factor. */
const lockUndoTokens = (
  schema: string,
) => sql`${entryLock(schema, 'verification_tokens', sql`'undo_second_factor' || ${actor.userId}::text`, '')}, former_undo as (
        select t.created_at, t.expires_at, t.used_by from ${schema}.verification_tokens t
        where t.user_id = ${actor.userId} and t.purpose = 'undo_second_factor' and ${entryLockTaken}
        order by t.id for update of t
      )`

/**
 * The insert of such a token after the CTE `f`, where `me` had no second factor before. It undoes what was added since a
 * former live one: else turning the factor off and on would save what was added in between.
 */
const insertUndoToken = (schema: string) =>
  insertToken(
    schema,
    {
      id: undoId,
      userId: 'me.id',
      purpose: "'undo_second_factor'",
      secretHash: undoHash,
      email: 'me.email',
      emailKey: 'me.email_key',
      epoch: 'me.owner_epoch',
      lifetimeSeconds: undoLifetime,
      since: `least(${now}, (
            select pg_catalog.min(w.created_at) from former_undo w where w.used_by is null and w.expires_at > ${now}))`,
    },
    sql`me join f on f.user_id = me.id
        where not me.had_factor and me.email is not null and ${undoHash} is not null`,
    'true',
  )

const provedTotp = `, ${raisedLevel},
          methods = case when 'totp' = any (s.methods) then s.methods else pg_catalog.array_append(s.methods, 'totp'::text) end`

export const enrollmentStatements = (schema: string) => ({
  startTotp: write(
    'second_factors.startTotp',
    sql`
      with me as (
        select u.id as user_id, u.session_epoch, u.owner_epoch from ${schema}.users u
        where u.id = ${actor.userId} and ${actorIsLive(schema)} for share
      )
      ${insertEnrollment(schema, actor.sessionId, 'me')}`,
    { schema, onLostReply: repeat(sameState) },
  ),
  findEnrollment: write(
    'second_factors.findEnrollment',
    sql`
      update ${schema}.totp_enrollments e set tries = e.tries + 1
      from ${schema}.users u
      where ${ownEnrollment} and e.tries < ${String(maxTries)} and u.id = e.user_id and ${actorIsLive(schema)}
      returning e.secret, e.tries::int as tries, ${currentStep} as step`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  // The locks: tokens of an undo, user, enrollment, factor, acting session. Then all is written or nothing. The epoch ends the
  // pending sign-ins and the other sessions, also those that this statement cannot see yet.
  confirmTotp: write(
    'second_factors.confirmTotp',
    sql`
      with ${lockUndoTokens(schema)}, me as (
        select u.id, u.email, u.email_key, u.owner_epoch, ${hasSecondFactor} as had_factor from ${schema}.users u
        where u.id = ${actor.userId} and ${actorIsLive(schema)} and (select pg_catalog.count(*) from former_undo) >= 0
        for no key update
      ), e as (
        select e.user_id from ${schema}.totp_enrollments e join me on me.id = e.user_id
        where ${ownEnrollment} and e.secret = ${secret} for update of e
      ), ${lockFactorAndSession(schema, 'e')}, ${writeFactor(schema, 'acting')}, raised as (
        update ${schema}.users u set second_factor_epoch = u.owner_epoch, session_epoch = u.session_epoch + 1
        from f where u.id = f.user_id
        returning u.id, u.session_epoch
      ), undo as (
        ${insertUndoToken(schema)}
      ), ${keepWithNewSecret(schema, provedTotp)}
      select kept.*, ${endedCount} as ended, (select undo.email from undo) as undo_to from kept`,
    {
      schema,
      onLostReply: readBack('the acting session with its new secret; the count is then 0'),
    },
  ),
  removeTotp: write(
    'second_factors.removeTotp',
    sql`
      with me as (
        select u.id as user_id, u.owner_epoch, ${hasSecondFactor} as has_factor,
          u.second_factor_required_at as factor_required_at
        from ${schema}.users u
        where u.id = ${actor.userId} and ${actorIsLive(schema)} for no key update
      ), needed as (
        select 1 as one from me u where ${isRequired('u', policy)} and not ${hasPasskey(schema)}
      ), owner as (
        select me.user_id from me where me.has_factor and not exists (select 1 from needed)
      ), ${lockFactorAndSession(schema, 'owner')}, f as (
        delete from ${schema}.totp_factors t using acting where t.user_id = acting.user_id returning t.user_id
      ), codes as (
        delete from ${schema}.recovery_codes c using f where c.user_id = f.user_id returning 1 as one
      ), untrusted as (
        delete from ${schema}.trusted_browsers t using f where t.user_id = f.user_id returning 1 as one
      ), raised as (
        update ${schema}.users u set second_factor_epoch = null, session_epoch = u.session_epoch + 1
        from f where u.id = f.user_id
        returning u.id, u.session_epoch
      ), ${keepWithNewSecret(schema, '')}
      select (select pg_catalog.count(*) from me)::int as live,
        exists (select 1 from needed, me where me.has_factor) as needed, (select pg_catalog.count(*) from former)::int as found,
        kept.*, ${endedCount} as ended
      from (select 1 as one) as always left join kept on true`,
    {
      schema,
      onLostReply: readBack('the acting session with its new secret; the count is then 0'),
    },
  ),
  replaceRecoveryCodes: write(
    'second_factors.replaceRecoveryCodes',
    sql`
      with me as (
        select u.id from ${schema}.users u
        where u.id = ${actor.userId} and ${actorIsLive(schema)} and ${hasSecondFactor} for key share
      ), f as (
        update ${schema}.totp_factors t set recovery_generation = t.recovery_generation + 1
        from me where t.user_id = me.id and t.recovery_generation = ${generation}
        returning t.user_id, t.recovery_generation
      ), ${replaceCodes(schema)}
      select f.recovery_generation as generation from f`,
    { schema, onLostReply: readBack('the next set, with these codes') },
  ),
  findUndo: read(
    'second_factors.findUndo',
    sql`
      select t.email from ${schema}.verification_tokens t
      where t.id = ${undoId} and t.user_id = ${actor.userId} and t.secret_hash = ${undoHash}`,
  ),
  hasReplaced: read(
    'second_factors.hasReplaced',
    sql`
      select 1 as one from ${schema}.totp_factors t
      where t.user_id = ${actor.userId} and t.recovery_generation = ${generation} + 1 and exists (
        select 1 from ${schema}.recovery_codes c
        where c.user_id = t.user_id and c.generation = t.recovery_generation and c.code_hash = any (${recoveryCodes}))`,
  ),
})

/** Enrolls, replaces and removes second factors. */
export function createEnrollment(
  db: Database,
  statements: ReturnType<typeof enrollmentStatements>,
  readback: Readback,
): Pick<
  SecondFactorRepository,
  'startTotp' | 'findEnrollment' | 'confirmTotp' | 'removeTotp' | 'replaceRecoveryCodes'
> {
  /** What a change has done whose reply was lost. */
  const carried = async (
    call: Database,
    { userId, sessionId }: SessionActor,
    secretHash: TokenHash,
  ): Promise<SecondFactorChange | null> => {
    const row = await readback.session(call, userId, { id: sessionId, secretHash })
    return row === null ? null : { ok: true, session: toSession(row), sessionsEnded: 0 }
  }
  return {
    async startTotp(acting: SessionActor, enrolled: EncryptedTotpSecret) {
      return exists(db, statements.startTotp, { ...actorValues(acting), secret: enrolled })
    },
    async findEnrollment(acting: SessionActor) {
      return maybeOne(db, statements.findEnrollment, actorValues(acting), toEnrollment)
    },
    async confirmTotp(acting: SessionActor, confirmation: Confirmation) {
      const given = checkObject(confirmation, 'confirmation')
      const values = {
        ...actorValues(acting),
        secret: given.secret,
        step: checkInteger(given.step, 'step', 0, maxStep),
        newSecretHash: given.newSecretHash,
        recoveryCodes: checkHashes(given.recoveryCodes, 'recoveryCodes', recoveryCodeCount),
        ...undoValues(given.undo ?? null),
      }
      return db.runWithRecovery<TotpConfirmation>(
        async (call) =>
          (await maybeOne(call, statements.confirmTotp, values, toConfirmation)) ?? stale,
        async (call) => {
          const change = await carried(call, acting, values.newSecretHash)
          if (change === null || !change.ok) return change
          const toEmail = (row: { email: string }) => row.email
          const { userId, undoId: id, undoHash: hash } = values
          const token = { userId, undoId: id, undoHash: hash }
          const undoTo = await maybeOne(call, statements.findUndo, token, toEmail)
          return { ...change, undoTo }
        },
      )
    },
    async removeTotp(acting: SessionActor, next: TokenHash, policy?: SecondFactorPolicy) {
      const factorPolicy = policyValue(checkPolicy(policy))
      const values = { ...actorValues(acting), newSecretHash: next, factorPolicy }
      return db.runWithRecovery<SecondFactorChange>(
        (call) =>
          one(call, statements.removeTotp, values, (row: RemovedRow): SecondFactorChange => {
            if (row.session_id !== null) return toChange(row)
            if (row.needed) return { ok: false, reason: 'factor_required' }
            return row.live === 0 || row.found > 0 ? stale : { ok: false, reason: 'not_found' }
          }),
        (call) => carried(call, acting, next),
      )
    },
    async replaceRecoveryCodes(acting: SessionActor, replacement: Replacement) {
      const given = checkObject(replacement, 'replacement')
      const own = actorValues(acting)
      const codes = {
        generation: checkInteger(given.generation, 'generation', 0, maxEpoch - 1),
        recoveryCodes: checkHashes(given.recoveryCodes, 'recoveryCodes', recoveryCodeCount),
      }
      const replaced = (next: number) => ({ ok: true, generation: next }) as const
      return db.runWithRecovery<Replaced>(
        async (call) =>
          (await maybeOne(
            call,
            statements.replaceRecoveryCodes,
            { ...own, ...codes },
            (row: { generation: number }) => replaced(row.generation),
          )) ?? stale,
        async (call) => {
          const done = await exists(call, statements.hasReplaced, { userId: own.userId, ...codes })
          return done ? replaced(codes.generation + 1) : null
        },
      )
    },
  }
}

const stale = { ok: false, reason: 'stale' } as const

export interface EnrollmentRow {
  secret: EncryptedTotpSecret
  tries: number
  step: number | string
}

export const toEnrollment = ({
  secret: stored,
  tries,
  step: now,
}: EnrollmentRow): TotpEnrollment => ({
  secret: stored,
  step: Number(now),
  triesLeft: maxTries - tries,
})

type ChangedRow = SessionRow & { ended: number }
/** `found` without a session: the acting one ended meanwhile. */
type RemovedRow = { live: number; needed: boolean; found: number } & (
  | ChangedRow
  | { session_id: null }
)

const toChange = (row: ChangedRow): SecondFactorChange => ({
  ok: true,
  session: toSession(row),
  sessionsEnded: row.ended,
})

const toConfirmation = (row: ChangedRow & { undo_to: string | null }): TotpConfirmation => ({
  ok: true,
  session: toSession(row),
  sessionsEnded: row.ended,
  undoTo: row.undo_to,
})

const noUndo = { undoId: null, undoHash: null, undoLifetime: null }

function undoValues(undo: NonNullable<Confirmation['undo']> | null) {
  if (undo === null) return noUndo
  const { secretHash: undoHash, lifetimeSeconds } = checkObject(undo, 'undo')
  return {
    undoId: linkIdOf(undoHash),
    undoHash,
    undoLifetime: checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
  }
}

type Confirmation = Parameters<SecondFactorRepository['confirmTotp']>[1]
type Replacement = Parameters<SecondFactorRepository['replaceRecoveryCodes']>[1]
type Replaced = Awaited<ReturnType<SecondFactorRepository['replaceRecoveryCodes']>>
