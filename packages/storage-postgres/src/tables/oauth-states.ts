import type {
  ChargeOutcome,
  NewOAuthState,
  OAuthFlow,
  OAuthState,
  OAuthStateRepository,
  SessionId,
  TokenHash,
  UserId,
} from 'torii-core'
import { InvalidInputError, tokenHash } from 'torii-core'
import type { Database } from '../sql/db.js'
import { maybeOne, nameStatements, statementTime as now, one, secondsFromNow } from '../sql/db.js'
import { actorValues, checkObject, checkSeconds, textOrNull } from './input/input.js'
import { checkIpAddressCharge, checkShortText } from './input/input-credentials.js'
import type { VerdictRow } from './rate-limit-charging.js'
import { chargeRateLimit, chargeValues, toRefusal } from './rate-limit-charging.js'
import { createReceipts } from './readback.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('oauth_states', {
    store: `
      with ${chargeRateLimit(schema)}, state as (
        insert into ${schema}.oauth_states
          (state_hash, browser_hash, provider, redirect_to, user_id, session_id, session_epoch, owner_epoch, expires_at)
        select $15::bytea, $16::bytea, $17::text, $18::text, $19::uuid, $20::uuid, $21::int, $22::int,
          ${secondsFromNow('$23')}
        from verdict v where v.allowed
        returning state_hash
      )
      select v.allowed, v.retry_after from verdict v left join state on true`,
    // Found by the state alone, so that any answer uses it up; what it is bound to is judged afterwards.
    consume: `
      with state as (
        delete from ${schema}.oauth_states o where o.state_hash = $1::bytea
        returning o.browser_hash, o.provider, o.redirect_to, o.user_id, o.session_id, o.session_epoch,
          o.owner_epoch, o.expires_at
      )
      select state.redirect_to, state.user_id, state.session_id, state.session_epoch, state.owner_epoch
      from state
      where state.browser_hash = $2::bytea and state.provider = $3::text and state.expires_at > ${now}`,
  })

interface StateRow {
  redirect_to: string | null
  user_id: UserId | null
  session_id: SessionId | null
  session_epoch: number | null
  owner_epoch: number | null
}

/** `schema` is an already quoted identifier. */
export function createOAuthStateRepository(db: Database, schema: string): OAuthStateRepository {
  const sql = statements(schema)
  const receipts = createReceipts(db, schema)
  return {
    async store(state: NewOAuthState) {
      const { stateHash, browserHash, provider, flow, redirectTo, lifetimeSeconds, ipAddress } =
        checkObject(state, 'state')
      const values = [
        ...chargeValues(checkIpAddressCharge(ipAddress)),
        tokenHash(stateHash),
        tokenHash(browserHash),
        checkShortText(provider, 'provider', 64),
        textOrNull(redirectTo, 'redirectTo', 2048),
        ...flowValues(flow),
        checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
      ]
      return db.settle<ChargeOutcome>(
        () =>
          one(db, sql.store, values, (row: VerdictRow) =>
            row.allowed ? { ok: true } : toRefusal(row),
          ),
        async () => ((await receipts.state(stateHash)) === null ? null : { ok: true }),
      )
    },
    async consume(key: { stateHash: TokenHash; browserHash: TokenHash; provider: string }) {
      const { stateHash, browserHash, provider } = checkObject(key, 'key')
      const values = [
        tokenHash(stateHash),
        tokenHash(browserHash),
        checkShortText(provider, 'provider', 64),
      ]
      return maybeOne(db, sql.consume, values, toState)
    },
  }
}

function flowValues(flow: OAuthFlow): unknown[] {
  const given = checkObject(flow, 'flow')
  switch (given.kind) {
    case 'sign_in':
      return [null, null, null, null]
    case 'link':
      return actorValues(given.actor)
    default:
      throw new InvalidInputError('kind', 'must be sign_in or link')
  }
}

/** The four columns of the asking session are null together or not at all; a check of the table holds it. */
function toState(row: StateRow): OAuthState {
  const { redirect_to: redirectTo, user_id: userId, session_id: sessionId } = row
  if (userId === null || sessionId === null) return { flow: { kind: 'sign_in' }, redirectTo }
  const epochs = { session: row.session_epoch ?? 0, owner: row.owner_epoch ?? 0 }
  return { flow: { kind: 'link', actor: { userId, sessionId, epochs } }, redirectTo }
}
