import type {
  ChargeOutcome,
  ChargeRefusal,
  NewOAuthState,
  OAuthFlow,
  OAuthState,
  OAuthStateRepository,
  SessionId,
  TokenHash,
  UserId,
} from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { Database } from '../sql/database.js'
import { countedTwice, readBack, repeat, usedUp } from '../sql/lost-reply.js'
import { nullable, parameter, sql } from '../sql/parameter.js'
import { one } from '../sql/rows.js'
import { write } from '../sql/statement.js'
import { statementTime as now, secondsFromNow } from '../sql/time.js'
import { lifetimeSeconds } from './fragments/parameters.js'
import type { VerdictRow } from './fragments/rate-limit-charging.js'
import {
  chargeFailure,
  chargeRateLimit,
  chargeValues,
  toChargeOutcome,
  toRefusal,
} from './fragments/rate-limit-charging.js'
import type { Readback } from './fragments/readback.js'
import { actorValues, checkObject, checkSeconds, textOrNull } from './input/input.js'
import { checkIpAddressCharge, checkShortText } from './input/input-credentials.js'

const stateHash = parameter('stateHash', 'bytea')<TokenHash>()
const browserHash = parameter('browserHash', 'bytea')<TokenHash>()
const provider = parameter('provider', 'text')<string>()
const redirectTo = nullable('redirectTo', 'text')<string>()
/** The session that links an account; all null for a sign-in. */
const linkActor = {
  userId: nullable('userId', 'uuid')<UserId>(),
  sessionId: nullable('sessionId', 'uuid')<SessionId>(),
  sessionEpoch: nullable('sessionEpoch', 'int')<number>(),
  ownerEpoch: nullable('ownerEpoch', 'int')<number>(),
}

export const oauthStateStatements = (schema: string) => ({
  store: write(
    'oauth_states.store',
    sql`
      with ${chargeRateLimit(schema)}, state as (
        insert into ${schema}.oauth_states
          (state_hash, browser_hash, provider, redirect_to, user_id, session_id, session_epoch, owner_epoch, expires_at)
        select ${stateHash}, ${browserHash}, ${provider}, ${redirectTo}, ${linkActor.userId}, ${linkActor.sessionId}, ${linkActor.sessionEpoch}, ${linkActor.ownerEpoch},
          ${secondsFromNow(lifetimeSeconds)}
        from verdict v where v.allowed
        returning state_hash
      )
      select v.allowed, v.retry_after from verdict v left join state on true`,
    { schema, onLostReply: readBack('the hash of the state') },
  ),
  // Found by the state alone, so that any response uses it up; what it is bound to is checked afterwards.
  consume: write(
    'oauth_states.consume',
    sql`
      with ${chargeFailure(
        schema,
        sql`state as (
        delete from ${schema}.oauth_states o using gate
        where gate.until is null and o.state_hash = ${stateHash}
        returning o.browser_hash, o.provider, o.redirect_to, o.user_id, o.session_id, o.session_epoch,
          o.owner_epoch, o.expires_at
      ), found as (
        select state.redirect_to, state.user_id, state.session_id, state.session_epoch, state.owner_epoch
        from state
        where state.browser_hash = ${browserHash} and state.provider = ${provider} and state.expires_at > ${now}
      )`,
        'found',
      )}
      select v.allowed, v.retry_after, (select pg_catalog.count(*) from found)::int as found, found.*
      from verdict v left join found on true`,
    { schema, onLostReply: repeat(`${usedUp}; a failure is ${countedTwice}`) },
  ),
})

interface StateRow extends VerdictRow {
  found: number
  redirect_to: string | null
  user_id: UserId | null
  session_id: SessionId | null
  session_epoch: number | null
  owner_epoch: number | null
}

export function createOAuthStateRepository(
  db: Database,
  statements: ReturnType<typeof oauthStateStatements>,
  readback: Readback,
): OAuthStateRepository {
  return {
    async store(state: NewOAuthState) {
      const given = checkObject(state, 'state')
      const values = {
        ...chargeValues(checkIpAddressCharge(given.ipAddress)),
        stateHash: given.stateHash,
        browserHash: given.browserHash,
        provider: checkShortText(given.provider, 'provider', 64),
        redirectTo: textOrNull(given.redirectTo, 'redirectTo', 2048),
        ...flowValues(given.flow),
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return db.runWithRecovery<ChargeOutcome>(
        (call) => one(call, statements.store, values, toChargeOutcome),
        async (call) => ((await readback.hasState(call, values.stateHash)) ? { ok: true } : null),
      )
    },
    async consume(key: StateKey) {
      const given = checkObject(key, 'key')
      const values = {
        ...chargeValues(checkIpAddressCharge(given.ipAddress ?? null)),
        stateHash: given.stateHash,
        browserHash: given.browserHash,
        provider: checkShortText(given.provider, 'provider', 64),
      }
      return one(db, statements.consume, values, toState)
    },
  }
}

function flowValues(flow: OAuthFlow) {
  const given = checkObject(flow, 'flow')
  switch (given.kind) {
    case 'sign_in':
      return { userId: null, sessionId: null, sessionEpoch: null, ownerEpoch: null }
    case 'link':
      return actorValues(given.actor)
    default:
      throw new InvalidInputError('kind', 'must be sign_in or link')
  }
}

type StateKey = Parameters<OAuthStateRepository['consume']>[0]

/** The four columns of the acting session are null together or not at all; a check of the table holds it. */
function toState(row: StateRow): OAuthState | ChargeRefusal | null {
  if (row.found === 0) return row.allowed ? null : toRefusal(row)
  const { redirect_to, user_id, session_id } = row
  if (user_id === null || session_id === null)
    return { flow: { kind: 'sign_in' }, redirectTo: redirect_to }
  const epochs = { session: row.session_epoch ?? 0, owner: row.owner_epoch ?? 0 }
  return {
    flow: { kind: 'link', actor: { userId: user_id, sessionId: session_id, epochs } },
    redirectTo: redirect_to,
  }
}
