import type { NewSession, SecondFactorRequired, SessionId, TokenHash, UserId } from 'torii-core'
import { pendingSignInSeconds } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { statementTime as now, secondsAgo, secondsFromNow, toDate } from '../../sql/time.js'
import { pendingColumns } from './pending-row.js'
import { heldRefund } from './rate-limit-refund.js'
import { graceEnd, hasPasskey, isRequired, policyValue } from './second-factor.js'
import { sessionColumns } from './session-row.js'
import { noTrustedBrowser, presentedTrustValues, useTrustedBrowser } from './trusted-browser.js'

/** The columns of a new session that its caller gives. */
type Given =
  | 'id'
  | 'secretHash'
  | 'methods'
  | 'level'
  | 'policy'
  | 'ip'
  | 'userAgent'
  | 'idleSeconds'
  | 'absoluteSeconds'
  | 'authenticatedAt'

/** What a pending sign-in keeps until the second factor is proved: an identity to link, and charges to give back. */
type Kept =
  | ('provider' | 'subject' | 'accountId' | 'label' | 'tokens')
  | ('refundAccount' | 'refundIpAddress' | 'refundBlock')
  | 'mailboxProved'
const nothing = {
  provider: 'null::text',
  subject: 'null::text',
  accountId: 'null::uuid',
  label: 'null::text',
  tokens: 'null::bytea',
  refundAccount: 'null::bytea',
  refundIpAddress: 'null::bytea',
  refundBlock: 'null::bytea',
  mailboxProved: 'false',
} as const

/** The insert of sessions for the rows of `users`, which have `user_id` and `session_epoch`. */
const insertSessions = <
  const Columns extends Readonly<Record<Given, SqlPart>>,
  const Users extends SqlPart,
>(
  schema: string,
  given: Columns,
  users: Users,
) => sql`
        insert into ${schema}.sessions as s (
          user_id, id, secret_hash, epoch, methods, level, level2_at, ip, user_agent, created_at, authenticated_at,
          last_active_at, expires_at, absolute_expires_at)
        select u.user_id, ${given.id}, ${given.secretHash}, u.session_epoch, ${given.methods}, ${given.level},
          case when ${given.level} = 2 then ${given.authenticatedAt} end, ${given.ip}, ${given.userAgent}, ${now}, ${given.authenticatedAt}, ${now},
          least(${secondsFromNow(given.idleSeconds)}, ${endOf(given)}),
          least(${secondsFromNow(given.absoluteSeconds)}, ${endOf(given)})
        from ${users}`

/** A session of level 1 ends with the grace that its user has. */
const endOf = <const Columns extends Readonly<Record<'level' | 'policy', SqlPart>>>({
  level,
  policy,
}: Columns) => sql`case when ${level} < 2 then ${graceEnd(policy)} end`

/** Holds of the row `row` of users, which has the `signInColumns`, where a second factor is due. */
const isDue = <const Columns extends Readonly<Record<'level' | 'policy', SqlPart>>>(
  row: string,
  { level, policy }: Columns,
) => sql`((${row}.has_factor or ${isRequired(row, policy)}) and ${level} < 2)`

/**
 * CTEs that open a session `s`, or where a second factor is due a sign-in `pending`, for each row of `u`, which has
 * `user_id` and the `signInColumns` of a locked user. `opened` has a row for each of both. The one way to open a session for
 * a user who may have a second factor. `trust` is the CTE `trusted`, whose row stands for the factor of the only user.
 */
const openSessions = <
  const Columns extends Readonly<Record<Given, SqlPart>>,
  const Held extends Readonly<Record<Kept, SqlPart>>,
  const Where extends SqlPart,
  const Trust extends SqlPart,
>(
  schema: string,
  given: Columns,
  where: Where,
  kept: Held,
  trust: Trust,
) => sql`${trust}, s as (
        ${insertSessions(schema, given, 'u')}
        where (not ${isDue('u', given)} or exists (select 1 from trusted)) and ${where}
        returning ${sessionColumns}
      ), pending as (
        insert into ${schema}.pending_sign_ins as p (
          user_id, id, secret_hash, session_epoch, owner_epoch, methods, ip, user_agent, idle_seconds, absolute_seconds,
          enrolls, mailbox_proved, provider, subject, account_id, label, tokens, refund_account, refund_ip_address, refund_block,
          created_at, expires_at)
        select u.user_id, ${given.id}, ${given.secretHash}, u.session_epoch, u.owner_epoch, ${given.methods},
          ${given.ip}, ${given.userAgent}, ${given.idleSeconds}, ${given.absoluteSeconds},
          not u.has_factor and not ${hasPasskey(schema)}, ${kept.mailboxProved},
          ${kept.provider}, ${kept.subject}, ${kept.accountId}, ${kept.label}, ${kept.tokens},
          ${kept.refundAccount}, ${kept.refundIpAddress}, ${kept.refundBlock},
          ${now}, ${secondsFromNow(`${pendingSignInSeconds}::float8`)}
        from u where ${isDue('u', given)} and not exists (select 1 from trusted) and ${where}
        returning ${pendingColumns(schema)}
      ), opened as (
        select 1 as one from s union all select 1 from pending
      )`

/** The parameters of a session to open. */
export const newSession = {
  id: parameter('newSessionId', 'uuid')<SessionId>(),
  secretHash: parameter('newSessionSecretHash', 'bytea')<TokenHash>(),
  methods: parameter('methods', 'text[]')<string>(),
  level: parameter('level', 'int')<number>(),
  policy: parameter('factorPolicy', 'int')<number>(),
  ip: nullable('ip', 'text')<string>(),
  userAgent: nullable('userAgent', 'text')<string>(),
  idleSeconds: parameter('idleSeconds', 'float8')<number>(),
  absoluteSeconds: parameter('absoluteSeconds', 'float8')<number>(),
}

/** A session whose user authenticates now. */
const sessionNow = { ...newSession, authenticatedAt: now }

/** The columns of many sessions, under the names that {@link newSession} takes them by. */
const newSessions = {
  id: parameter('newSessionId', 'uuid[]')<readonly SessionId[]>(),
  secretHash: parameter('newSessionSecretHash', 'bytea[]')<readonly TokenHash[]>(),
  methods: parameter('methods', 'text[]')<readonly string[]>(),
  level: parameter('level', 'int4[]')<readonly number[]>(),
  policy: parameter('factorPolicy', 'int4[]')<readonly number[]>(),
  ip: parameter('ip', 'text[]')<readonly (string | null)[]>(),
  userAgent: parameter('userAgent', 'text[]')<readonly (string | null)[]>(),
  idleSeconds: parameter('idleSeconds', 'int4[]')<readonly number[]>(),
  absoluteSeconds: parameter('absoluteSeconds', 'int4[]')<readonly number[]>(),
}

/** The names that the rows of {@link newSessions} have in a batch. */
export const newSessionsColumns =
  'id, secret_hash, methods, level, factor_policy, ip, user_agent, idle_seconds, absolute_seconds'

/** {@link newSessions} as arrays to unnest, in the order of {@link newSessionsColumns}. */
export const unnestNewSessions = sql`
          pg_catalog.unnest(${newSessions.id}), pg_catalog.unnest(${newSessions.secretHash}),
          pg_catalog.unnest(${newSessions.methods}), pg_catalog.unnest(${newSessions.level}), pg_catalog.unnest(${newSessions.policy}),
          pg_catalog.unnest(${newSessions.ip}), pg_catalog.unnest(${newSessions.userAgent}),
          pg_catalog.unnest(${newSessions.idleSeconds}), pg_catalog.unnest(${newSessions.absoluteSeconds})`

/** The parameters of a session that is opened only where its id is not null. */
export const optionalSession = {
  id: nullable('newSessionId', 'uuid')<SessionId>(),
  secretHash: nullable('newSessionSecretHash', 'bytea')<TokenHash>(),
  methods: nullable('methods', 'text[]')<string>(),
  level: nullable('level', 'int')<number>(),
  policy: nullable('factorPolicy', 'int')<number>(),
  ip: nullable('ip', 'text')<string>(),
  userAgent: nullable('userAgent', 'text')<string>(),
  idleSeconds: nullable('idleSeconds', 'float8')<number>(),
  absoluteSeconds: nullable('absoluteSeconds', 'float8')<number>(),
}

/** Holds of a row `row` of users where a new session waits for the second factor. */
export const mustWaitForFactor = (row: string) => isDue(row, newSession)

/** Holds of a user `u`, who has a factor where a browser is trusted, unless one is required: no trusted browser stands for that. */
const replacesFactor = <const Columns extends Readonly<Record<'level' | 'policy', SqlPart>>>({
  level,
  policy,
}: Columns) => sql`${level} < 2 and not ${isRequired('u', policy)}`

const trustWhereDue = (schema: string) => useTrustedBrowser(schema, replacesFactor(newSession))

/** {@link openSessions} of one session for the CTE `u`. */
export const openSession = (schema: string) =>
  openSessions(schema, sessionNow, 'true', nothing, trustWhereDue(schema))

const authenticatedSecondsAgo = nullable('authenticatedSecondsAgo', 'float8')<number>()

/** The parameters of {@link openSessionOfKnown} besides those of a session: a batch takes none of them. */
export const providerParameters = [authenticatedSecondsAgo.name]

/** {@link openSession} by an identity that is linked: the provider says when the user authenticated there, if it is not now. */
export const openSessionOfKnown = (schema: string) =>
  openSessions(
    schema,
    { ...newSession, authenticatedAt: secondsAgo(sql`coalesce(${authenticatedSecondsAgo}, 0)`) },
    'true',
    nothing,
    trustWhereDue(schema),
  )

/** {@link openSession}, where charges are given back by `refundRateLimit` or, later, by `refundPending`. */
export const openSessionWithRefund = (schema: string) =>
  openSessions(schema, sessionNow, 'true', { ...nothing, ...heldRefund }, trustWhereDue(schema))

/** {@link openSession}, where the identity is linked only with the second factor, which no trusted browser replaces. */
export const openSessionOfIdentity = <
  const Held extends Readonly<
    Omit<Record<Kept, SqlPart>, keyof typeof heldRefund | 'mailboxProved'>
  >,
>(
  schema: string,
  identity: Held,
) => openSessions(schema, sessionNow, 'true', { ...nothing, ...identity }, noTrustedBrowser)

/** {@link openSession} where one is asked for and `where` holds; `mailboxProved` says whether the statement proves the mailbox. */
export const openOptionalSession = <const Where extends SqlPart>(
  schema: string,
  where: Where,
  mailboxProved: 'true' | 'false',
) =>
  openSessions(
    schema,
    { ...optionalSession, authenticatedAt: now },
    sql`${optionalSession.id} is not null and ${where}`,
    { ...nothing, mailboxProved },
    useTrustedBrowser(schema, replacesFactor(optionalSession)),
  )

/** {@link openSessions} of many sessions, whose values are the {@link newSessionsColumns} of `u`. */
export const openManySessions = (schema: string) =>
  openSessions(
    schema,
    {
      id: 'u.id::uuid',
      secretHash: 'u.secret_hash::bytea',
      methods: 'u.methods::text[]',
      level: 'u.level::int',
      policy: 'u.factor_policy::int',
      ip: 'u.ip::text',
      userAgent: 'u.user_agent::text',
      idleSeconds: 'u.idle_seconds::float8',
      absoluteSeconds: 'u.absolute_seconds::float8',
      authenticatedAt: now,
    },
    'true',
    nothing,
    noTrustedBrowser,
  )

/**
 * {@link openSession} in place of an imported session, whose `level`, `authenticated_at` and `seconds_left` `u` has: the new one ends
 * no later.
 */
export const openSessionOfImported = (schema: string) =>
  openSessions(
    schema,
    {
      ...newSession,
      methods: `'{imported}'::text[]`,
      level: 'u.level',
      authenticatedAt: 'u.authenticated_at',
      idleSeconds: sql`least(${newSession.idleSeconds}, pg_catalog.ceil(u.seconds_left))`,
      absoluteSeconds: sql`least(${newSession.absoluteSeconds}, pg_catalog.ceil(u.seconds_left))`,
    },
    'true',
    nothing,
    noTrustedBrowser,
  )

/** What a statement selects of `s` and `pending`, of which at most one has a row. */
export const openedColumns = 's.*, pending.*'

/** The CTEs `s` and `pending`, of which at most one has a row, after another relation. */
export const openedRelations = 'left join s on true left join pending on true'

/** What a statement returns where a second factor is due. */
export interface PendingRow {
  user_id: UserId
  session_id: null
  pending_id: SessionId
  pending_expires_at: number
  pending_enrolls: boolean
  pending_takes_code: boolean
  pending_takes_passkey: boolean
  pending_takes_password: boolean
}

export const toSecondFactorRequired = (row: PendingRow): SecondFactorRequired => ({
  ok: false,
  reason: 'second_factor_required',
  pending: {
    id: row.pending_id,
    userId: row.user_id,
    expiresAt: toDate(row.pending_expires_at),
    mustEnroll: row.pending_enrolls,
    takesCode: row.pending_takes_code,
    takesPasskey: row.pending_takes_passkey,
    takesPassword: row.pending_takes_password,
  },
})

export const newSessionValues = (session: NewSession) => ({
  newSessionId: session.id,
  newSessionSecretHash: session.secretHash,
  // No sign-in method has a name that PostgreSQL would put in quotes.
  methods: `{${session.methods.join(',')}}`,
  level: session.level ?? 1,
  factorPolicy: policyValue(session.secondFactor),
  ip: session.ip,
  userAgent: session.userAgent,
  idleSeconds: session.idleSeconds,
  absoluteSeconds: session.absoluteSeconds,
})

/** {@link newSessionValues} where a trusted browser may stand for the second factor. */
export const signInSessionValues = (session: NewSession) => ({
  ...newSessionValues(session),
  ...presentedTrustValues(session.trust),
})

/** The values of {@link openOptionalSession}. */
export const optionalSessionValues = (session: NewSession | null) =>
  session === null
    ? {
        newSessionId: null,
        newSessionSecretHash: null,
        methods: null,
        level: null,
        factorPolicy: null,
        ip: null,
        userAgent: null,
        idleSeconds: null,
        absoluteSeconds: null,
        ...presentedTrustValues(null),
      }
    : signInSessionValues(session)
