import type {
  SecondFactorRepository,
  SessionActor,
  TrustedBrowser,
  TrustedBrowserId,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { repeat } from '../../sql/lost-reply.js'
import { nullable, sql } from '../../sql/parameter.js'
import { many } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { milliseconds, toDate, toDateOrNull } from '../../sql/time.js'
import { actorIsLive } from '../fragments/actor.js'
import { userId } from '../fragments/parameters.js'
import { liveTrust } from '../fragments/trusted-browser.js'
import { actorValues } from '../input/input.js'

/** Null: all of them. */
const browserId = nullable('browserId', 'uuid')<TrustedBrowserId>()

export const trustedBrowserStatements = (schema: string) => ({
  listTrustedBrowsers: read(
    'second_factors.listTrustedBrowsers',
    sql`
      select t.id, t.user_agent, ${milliseconds('t.created_at')} as created_at,
        ${milliseconds('t.last_used_at')} as last_used_at, ${milliseconds('t.expires_at')} as expires_at
      from ${schema}.users u join ${schema}.trusted_browsers t on t.user_id = u.id
      where u.id = ${userId} and ${liveTrust}
      order by t.created_at desc, t.id desc limit 100`,
  ),
  removeTrustedBrowsers: write(
    'second_factors.removeTrustedBrowsers',
    sql`
      with u as (
        select u.id, u.session_epoch from ${schema}.users u
        where u.id = ${userId} and ${actorIsLive(schema)} for key share
      )
      delete from ${schema}.trusted_browsers t using u
      where t.user_id = u.id and (${browserId} is null or t.id = ${browserId})
      returning ${liveTrust} as live`,
    { schema, onLostReply: repeat('0: it is trusted no more') },
  ),
})

/** Lists and removes trusted browsers. */
export function createTrustedBrowsers(
  db: Database,
  statements: ReturnType<typeof trustedBrowserStatements>,
): Pick<SecondFactorRepository, 'listTrustedBrowsers' | 'removeTrustedBrowsers'> {
  return {
    async listTrustedBrowsers(user: UserId) {
      return many(db, statements.listTrustedBrowsers, { userId: user }, toTrustedBrowser)
    },
    async removeTrustedBrowsers(acting: SessionActor, id: TrustedBrowserId | null) {
      const values = { ...actorValues(acting), browserId: id }
      const wasLive = (row: { live: boolean }) => row.live
      const removed = await many(db, statements.removeTrustedBrowsers, values, wasLive)
      return removed.filter(Boolean).length
    },
  }
}

interface TrustedBrowserRow {
  id: TrustedBrowserId
  user_agent: string | null
  created_at: number
  last_used_at: number | null
  expires_at: number
}

const toTrustedBrowser = (row: TrustedBrowserRow): TrustedBrowser => ({
  id: row.id,
  userAgent: row.user_agent,
  createdAt: toDate(row.created_at),
  lastUsedAt: toDateOrNull(row.last_used_at),
  expiresAt: toDate(row.expires_at),
})
