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
/** The id that only this caller stores, so that its own repetition succeeds. */
const usedBy = parameter('stateUsedBy', 'uuid')<string>()

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

/** Whether the state could be used now: never for a caller who has none. */
export const stateIsLive = <const State extends StateParts>(schema: string, state: State) =>
  sql`${state.hash} is not null and ${stateIsCurrent(schema, state)}
          and not exists (
            select 1 from ${schema}.used_oauth_states t where t.state_hash = ${state.hash})`

/**
 * A used state is kept for so many seconds after it has expired: a server that takes over with an older clock must not
 * accept it again.
 */
const keptSeconds = 3600

/**
 * The CTEs `recorded` and `used`: `used` has one row if this caller uses the state, or has none. Where `condition` does
 * not hold, nothing is recorded. The row is locked before every other row of the statement, so a statement must write
 * nothing unless `used` has a row.
 */
export const useState = <const Condition extends SqlPart>(schema: string, condition: Condition) =>
  sql`recorded as (
        insert into ${schema}.used_oauth_states as t (state_hash, used_by, expires_at)
        select ${oauthState.hash}, ${usedBy}, pg_catalog.to_timestamp(${oauthState.expiresAt} + ${String(keptSeconds)}::float8)
        where ${oauthState.hash} is not null and ${stateIsCurrent(schema, oauthState)} and ${condition}
        on conflict (state_hash) do update set used_by = excluded.used_by where t.used_by = excluded.used_by
        returning t.state_hash
      ), used as (
        select null::bytea as state_hash where ${oauthState.hash} is null union all select recorded.state_hash from recorded
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
