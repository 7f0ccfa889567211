import type { OAuthStateKey, TokenHash } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { statementTime as now, seconds } from '../../sql/time.js'
import { checkDate, checkInteger, checkObject, maxEpoch } from '../input/input.js'
import { checkBytes } from '../input/input-credentials.js'
import { globalEpoch } from './global-epoch.js'

/** All null where the caller has no state. */
export const oauthState = {
  hash: nullable('stateHash', 'bytea')<TokenHash>(),
  /** Seconds since 1970, by the database's clock. */
  expiresAt: nullable('stateExpiresAt', 'float8')<number>(),
  globalEpoch: nullable('stateGlobalEpoch', 'int')<number>(),
}
/** An id that only this caller stores, so that its own repetition succeeds. */
export const stateUsedBy = parameter('stateUsedBy', 'uuid')<string>()

/** The columns of many states, under the names that {@link oauthState} takes them by. */
const oauthStates = {
  hash: parameter('stateHash', 'bytea[]')<readonly (TokenHash | null)[]>(),
  expiresAt: parameter('stateExpiresAt', 'float8[]')<readonly (number | null)[]>(),
  globalEpoch: parameter('stateGlobalEpoch', 'int4[]')<readonly (number | null)[]>(),
}

/** The names that the rows of {@link oauthStates} have in a batch. */
export const oauthStatesColumns = 'state_hash, state_expires_at, state_global_epoch'

/** {@link oauthStates} as arrays to unnest, in the order of {@link oauthStatesColumns}. */
export const unnestOauthStates = sql`
          pg_catalog.unnest(${oauthStates.hash}), pg_catalog.unnest(${oauthStates.expiresAt}), pg_catalog.unnest(${oauthStates.globalEpoch})`

/** What a statement says of a state: of {@link oauthState}, or columns of a batch. */
interface StateParts {
  readonly hash: SqlPart
  readonly expiresAt: SqlPart
  readonly globalEpoch: SqlPart
}

/** Holds until the state expires, or every session and token is revoked. */
const stateIsCurrent = <const State extends Omit<StateParts, 'hash'>>(
  schema: string,
  state: State,
) => sql`${state.expiresAt} > ${seconds(now)} and ${state.globalEpoch} = ${globalEpoch(schema)}`

/**
 * Whether the state could be used now: never for a caller who has none. A scalar subquery looks each state up in the
 * index; for `not exists`, a plan made while the table was empty reads all of it.
 */
export const stateIsLive = <const State extends StateParts>(schema: string, state: State) =>
  sql`${state.hash} is not null and ${stateIsCurrent(schema, state)}
          and (select true from ${schema}.used_oauth_states t where t.state_hash = ${state.hash}) is null`

/**
 * A used state is kept for so many seconds after it has expired: a server that takes over with an older clock must not
 * accept it again.
 */
const keptSeconds = 3600

/** The insert of the uses of states that are current, by the ids `usedBy`: `from` says which. */
const insertUses = <
  const State extends StateParts,
  const By extends SqlPart,
  const From extends SqlPart,
>(
  schema: string,
  state: State,
  usedBy: By,
  from: From,
) => sql`
        insert into ${schema}.used_oauth_states as t (state_hash, used_by, expires_at)
        select ${state.hash}, ${usedBy}, pg_catalog.to_timestamp(${state.expiresAt} + ${String(keptSeconds)}::float8)
        ${from} ${state.hash} is not null and ${stateIsCurrent(schema, state)}`

/**
 * The CTEs `recorded` and `used`: `used` has one row if this caller uses the state, or has none. Where `condition` does
 * not hold, nothing is recorded. The row is locked before every other row of the statement, so a statement must write
 * nothing unless `used` has a row.
 * @param usedBy an id that only this caller stores, so that its own repetition succeeds
 */
export const useState = <const Condition extends SqlPart, const By extends SqlPart>(
  schema: string,
  condition: Condition,
  usedBy: By,
) =>
  sql`recorded as (${insertUses(schema, oauthState, usedBy, sql`where ${condition} and`)}
        on conflict (state_hash) do update set used_by = excluded.used_by where t.used_by = excluded.used_by
        returning t.state_hash
      ), used as (
        select null::bytea as state_hash where ${oauthState.hash} is null union all select recorded.state_hash from recorded
      )`

/**
 * The CTEs `recorded` and `used` of many callers: `used` has the rows of `callers` that have no state, or whose state
 * no one has used before. Of callers with the same state it has one. The states are locked in the order of their hashes,
 * so that statements that share states wait for each other and never in a circle.
 * @param callers a CTE with {@link oauthStatesColumns}, and with the id of the session to open and the number of the caller as
 * `id` and `i`
 */
export const useStates = (schema: string, callers: string) =>
  sql`recorded as (${insertUses(
    schema,
    { hash: 'c.state_hash', expiresAt: 'c.state_expires_at', globalEpoch: 'c.state_global_epoch' },
    'c.id',
    `from ${callers} c where`,
  )}
        order by c.state_hash, c.i
        on conflict (state_hash) do nothing
        returning t.used_by
      ), used as (
        select c.* from ${callers} c where c.state_hash is null or c.id in (select recorded.used_by from recorded)
      )`

/** The values of {@link oauthState}. */
export function stateValues(state: OAuthStateKey | null) {
  if (state === null) return { stateHash: null, stateExpiresAt: null, stateGlobalEpoch: null }
  const { hash, expiresAt, globalEpoch: epoch } = checkObject(state, 'state')
  // Null means that there is no state, so a missing hash is refused here.
  checkBytes(hash, 'state.hash', 32, 32)
  return {
    stateHash: hash,
    stateExpiresAt: checkDate(expiresAt, 'state.expiresAt').getTime() / 1000,
    stateGlobalEpoch: checkInteger(epoch, 'state.globalEpoch', 0, maxEpoch),
  }
}

/** The values of {@link useState}. */
export const stateUseValues = (state: OAuthStateKey | null, by: string) => ({
  ...stateValues(state),
  stateUsedBy: by,
})
