import { randomUUID } from 'node:crypto'
import type {
  Charge,
  ChargeOutcome,
  OAuthStart,
  OAuthStateKey,
  OAuthStateRepository,
} from 'torii-core'
import type { Database } from '../sql/database.js'
import { countedTwice, repeat, sameState } from '../sql/lost-reply.js'
import { sql } from '../sql/parameter.js'
import { one } from '../sql/rows.js'
import { write } from '../sql/statement.js'
import { statementTime as now, seconds, toDate } from '../sql/time.js'
import { globalEpoch } from './fragments/global-epoch.js'
import {
  oauthState,
  stateIsCurrent,
  stateUseValues,
  stateValues,
  useState,
} from './fragments/oauth-state-use.js'
import { lifetimeSeconds } from './fragments/parameters.js'
import type { VerdictRow } from './fragments/rate-limit-charging.js'
import {
  chargeFailure,
  chargeRateLimit,
  chargeValues,
  toRefusal,
} from './fragments/rate-limit-charging.js'
import { checkObject, checkSeconds } from './input/input.js'
import { checkIpAddressCharge } from './input/input-credentials.js'

export const oauthStateStatements = (schema: string) => ({
  start: write(
    'oauth_states.start',
    sql`
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after,
        pg_catalog.int8((${seconds(now)} + ${lifetimeSeconds}) * 1000::float8) as expires_at,
        ${globalEpoch(schema)} as global_epoch
      from verdict v`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  check: write(
    'oauth_states.check',
    sql`
      with ${chargeFailure(
        schema,
        sql`live as (
        select 1 as one from gate
        where gate.until is null and ${oauthState.hash} is not null and ${stateIsCurrent(schema)}
          and not exists (
            select 1 from ${schema}.used_oauth_states t where t.state_hash = ${oauthState.hash})
      )`,
        'live',
      )}
      select v.allowed, v.retry_after, (select pg_catalog.count(*) from live)::int as live from verdict v`,
    { schema, onLostReply: repeat(`the same reply; a failure is ${countedTwice}`) },
  ),
  use: write(
    'oauth_states.use',
    sql`
      with ${useState(schema, 'true')}
      select (select pg_catalog.count(*) from used)::int as used`,
    { schema, onLostReply: repeat(`${sameState}: the row names this caller`) },
  ),
})

type StartRow = VerdictRow & { expires_at: number | string; global_epoch: number }
type CheckRow = VerdictRow & { live: number }

export function createOAuthStateRepository(
  db: Database,
  statements: ReturnType<typeof oauthStateStatements>,
): OAuthStateRepository {
  return {
    async start(flow: { lifetimeSeconds: number; ipAddress: Charge | null }) {
      const given = checkObject(flow, 'flow')
      const values = {
        ...chargeValues(checkIpAddressCharge(given.ipAddress)),
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return one(db, statements.start, values, toStart)
    },
    async check(flow: { state: OAuthStateKey | null; ipAddress?: Charge | null }) {
      const given = checkObject(flow, 'flow')
      const values = {
        ...chargeValues(checkIpAddressCharge(given.ipAddress ?? null)),
        ...stateValues(given.state),
      }
      return one(db, statements.check, values, toCheck)
    },
    async use(state: OAuthStateKey) {
      const values = stateUseValues(checkObject(state, 'state'), randomUUID())
      return one(db, statements.use, values, (row: { used: number }) => row.used > 0)
    },
  }
}

const toStart = (row: StartRow): OAuthStart =>
  row.allowed
    ? { ok: true, expiresAt: toDate(row.expires_at), globalEpoch: row.global_epoch }
    : toRefusal(row)

/** A failure that was counted is `allowed`. */
function toCheck(
  row: CheckRow,
): ChargeOutcome | { readonly ok: false; readonly reason: 'invalid_token' } {
  if (row.live > 0) return { ok: true }
  return row.allowed ? { ok: false, reason: 'invalid_token' } : toRefusal(row)
}
