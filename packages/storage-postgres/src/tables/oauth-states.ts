import { randomUUID } from 'node:crypto'
import type {
  Charge,
  ChargeOutcome,
  OAuthStart,
  OAuthStateKey,
  OAuthStateRepository,
  RateLimitKey,
  TokenHash,
} from 'torii-core'
import type { Database } from '../sql/database.js'
import { countedTwice, repeat, sameState } from '../sql/lost-reply.js'
import type { SqlPart } from '../sql/parameter.js'
import { parameter, sql } from '../sql/parameter.js'
import { one } from '../sql/rows.js'
import { inBatches, read, write } from '../sql/statement.js'
import { statementTime as now, seconds, toDate } from '../sql/time.js'
import { globalEpoch } from './fragments/global-epoch.js'
import {
  oauthState,
  stateIsLive,
  stateUseValues,
  stateValues,
  useState,
} from './fragments/oauth-state-use.js'
import { lifetimeSeconds } from './fragments/parameters.js'
import type { VerdictRow } from './fragments/rate-limit-charging.js'
import {
  anyIsLocked,
  chargeRateLimit,
  chargeValues,
  ipAddressKeys,
  ipAddressKeyValues,
  toChargeOutcome,
  toRefusal,
} from './fragments/rate-limit-charging.js'
import { checkObject, checkSeconds } from './input/input.js'
import { checkIpAddressCharge } from './input/input-credentials.js'

/** When a state that starts now expires, and the epoch in which it is made. */
const newState = <const Lifetime extends SqlPart>(schema: string, lifetime: Lifetime) => sql`
        pg_catalog.int8((${seconds(now)} + ${lifetime}) * 1000::float8) as expires_at,
        ${globalEpoch(schema)} as global_epoch`

/** A start that is not counted writes nothing. */
const startUncounted = (schema: string) =>
  inBatches(
    read('oauth_states.startUncounted', sql`select ${newState(schema, lifetimeSeconds)}`),
    read(
      'oauth_states.startUncountedMany',
      sql`
      select k.i::int4 as i, ${newState(schema, 'k.lifetime_seconds')}
      from pg_catalog.unnest(${parameter('lifetimeSeconds', 'float8[]')<readonly number[]>()})
        with ordinality as k (lifetime_seconds, i)`,
    ),
    { skipsLocked: false },
  )

/** Whether a state could be used now, and whether its caller's IP address is locked. */
const lookUp = (schema: string) =>
  read(
    'oauth_states.lookUp',
    sql`select ${stateIsLive(schema, oauthState)} as live, ${anyIsLocked(schema, ipAddressKeys)} as locked`,
  )

/** The columns of many look-ups, under the names that {@link lookUp} takes them by. */
const columns = {
  hash: parameter('stateHash', 'bytea[]')<readonly TokenHash[]>(),
  expiresAt: parameter('stateExpiresAt', 'float8[]')<readonly number[]>(),
  globalEpoch: parameter('stateGlobalEpoch', 'int4[]')<readonly number[]>(),
  ipAddressKey: parameter('ipAddressKey', 'bytea[]')<readonly (RateLimitKey | null)[]>(),
  blockKey: parameter('blockKey', 'bytea[]')<readonly (RateLimitKey | null)[]>(),
}

const lookUpMany = (schema: string) =>
  read(
    'oauth_states.lookUpMany',
    sql`
      select k.i::int4 as i, ${stateIsLive(schema, {
        hash: 'k.hash',
        expiresAt: 'k.expires_at',
        globalEpoch: 'k.global_epoch',
      })} as live, ${anyIsLocked(schema, sql`k.ip_address_key, k.block_key`)} as locked
      from rows from (
        pg_catalog.unnest(${columns.hash}), pg_catalog.unnest(${columns.expiresAt}), pg_catalog.unnest(${columns.globalEpoch}),
        pg_catalog.unnest(${columns.ipAddressKey}), pg_catalog.unnest(${columns.blockKey})
      ) with ordinality as k (hash, expires_at, global_epoch, ip_address_key, block_key, i)`,
  )

export const oauthStateStatements = (schema: string) => ({
  start: write(
    'oauth_states.start',
    sql`
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after, ${newState(schema, lifetimeSeconds)} from verdict v`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  startUncounted: startUncounted(schema),
  lookUp: inBatches(lookUp(schema), lookUpMany(schema), { skipsLocked: false }),
  countFailure: write(
    'oauth_states.countFailure',
    sql`with ${chargeRateLimit(schema)} select v.allowed, v.retry_after from verdict v`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  use: write(
    'oauth_states.use',
    sql`
      with ${useState(schema, 'true')}
      select (select pg_catalog.count(*) from used)::int as used`,
    { schema, onLostReply: repeat(`${sameState}: the row names this caller`) },
  ),
})

type OAuthStateCheck = ChargeOutcome | { readonly ok: false; readonly reason: 'invalid_token' }
interface LookUpRow {
  readonly live: boolean
  readonly locked: boolean
}
const found = (row: LookUpRow) => row
const noState: LookUpRow = { live: false, locked: false }

interface NewStateRow {
  readonly expires_at: number | string
  readonly global_epoch: number
}

export function createOAuthStateRepository(
  db: Database,
  statements: ReturnType<typeof oauthStateStatements>,
): OAuthStateRepository {
  return {
    async start(flow: { lifetimeSeconds: number; ipAddress: Charge | null }) {
      const given = checkObject(flow, 'flow')
      const charges = checkIpAddressCharge(given.ipAddress)
      const lifetime = { lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds') }
      return charges.ipAddress === null
        ? one(db, statements.startUncounted, lifetime, toStarted)
        : one(db, statements.start, { ...chargeValues(charges), ...lifetime }, toStart)
    },
    async check(flow: { state: OAuthStateKey | null; ipAddress?: Charge | null }) {
      const given = checkObject(flow, 'flow')
      const charges = checkIpAddressCharge(given.ipAddress ?? null)
      const state = stateValues(given.state)
      // A live state is only read. A failure is counted, and so is who comes from a locked IP address.
      return db.runWithRecovery<OAuthStateCheck>(
        async (call) => {
          const { live, locked } =
            state.stateHash === null
              ? noState
              : await one(
                  call,
                  statements.lookUp,
                  { ...ipAddressKeyValues(charges), ...state },
                  found,
                )
          if (live && !locked) return { ok: true }
          const counted = await one(
            call,
            statements.countFailure,
            chargeValues(charges),
            toChargeOutcome,
          )
          return counted.ok && !live ? { ok: false, reason: 'invalid_token' } : counted
        },
        async () => null,
      )
    },
    async use(state: OAuthStateKey) {
      const values = stateUseValues(checkObject(state, 'state'), randomUUID())
      return one(db, statements.use, values, (row: { used: number }) => row.used > 0)
    },
  }
}

const toStarted = (row: NewStateRow): OAuthStart => ({
  ok: true,
  expiresAt: toDate(row.expires_at),
  globalEpoch: row.global_epoch,
})

const toStart = (row: VerdictRow & NewStateRow): OAuthStart =>
  row.allowed ? toStarted(row) : toRefusal(row)
