import type {
  Json,
  NewOAuthLink,
  OAuthAccount,
  OAuthAccountId,
  OAuthAccountRepository,
  OAuthLink,
  SessionActor,
  UsableMethods,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack, repeat } from '../../sql/lost-reply.js'
import { parameter, sql } from '../../sql/parameter.js'
import { many, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { milliseconds, statementTime as now, toDate } from '../../sql/time.js'
import { actor, actorIsLive } from '../fragments/actor.js'
import { stateUsedBy, stateUseValues, useState } from '../fragments/oauth-state-use.js'
import { userId } from '../fragments/parameters.js'
import type { Readback } from '../fragments/readback.js'
import type { RemovalRow } from '../fragments/sign-in-methods.js'
import {
  methodRemains,
  removalColumns,
  signInMethods,
  toRemoval,
} from '../fragments/sign-in-methods.js'
import { actorValues, usableMethodValues } from '../input/input.js'
import { identityValues, label, newAccountId, provider, subject, tokens } from './oauth-identity.js'
import { createOAuthSignIn, oauthSignInStatements } from './oauth-sign-in.js'
import { createProviderTokens, providerTokenStatements } from './provider-tokens.js'

const accountId = parameter('accountId', 'uuid')<OAuthAccountId>()

const accountColumns = `
  a.id, a.provider, a.label, ${milliseconds('a.created_at')} as created_at,
  ${milliseconds('a.last_used_at')} as last_used_at, a.tokens is not null as has_tokens`

export const oauthAccountStatements = (schema: string) => ({
  ...oauthSignInStatements(schema),
  ...providerTokenStatements(schema),
  link: write(
    'oauth_accounts.link',
    sql`
      with me as (
        select u.id, u.owner_epoch from ${schema}.users u where u.id = ${actor.userId} and ${actorIsLive(schema)}
      ), ${useState(schema, 'exists (select 1 from me)', stateUsedBy)}, a as (
        insert into ${schema}.oauth_accounts as a
          (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
        select ${provider}, ${subject}, ${newAccountId}, me.id, me.owner_epoch, ${label}, ${tokens}, ${now}, ${now} from me
        where exists (select 1 from used)
        on conflict (subject, provider) do nothing
        returning ${accountColumns}
      )
      select (select pg_catalog.count(*) from me)::int as live, (select pg_catalog.count(*) from used)::int as used, a.*
      from (select 1 as one) as always left join a on true`,
    { schema, onLostReply: readBack('the id of the linked account') },
  ),
  unlink: write(
    'oauth_accounts.unlink',
    sql`
      with ${signInMethods(schema)}, found as (
        select accounts.id, accounts.usable from accounts where accounts.id = ${accountId}
      ), gone as (
        delete from ${schema}.oauth_accounts a using me, ways
        where a.user_id = me.id and a.id = ${accountId} and exists (select 1 from found) and ${methodRemains}
        returning a.id
      )
      select ${removalColumns}`,
    { schema, onLostReply: repeat('not_found: it is not linked any more') },
  ),
  list: read(
    'oauth_accounts.list',
    sql`
      select ${accountColumns}
      from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id and u.owner_epoch = a.owner_epoch
      where a.user_id = ${userId} order by a.created_at, a.id`,
  ),
})

interface AccountRow {
  id: OAuthAccountId
  provider: string
  label: string | null
  created_at: number
  last_used_at: number
  has_tokens: boolean
}

type LinkRow = { live: number; used: number } & (AccountRow | { id: null })

export function createOAuthAccountRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof oauthAccountStatements>,
  readback: Readback,
): OAuthAccountRepository<Metadata> {
  return {
    ...createOAuthSignIn<Metadata>(db, statements, readback),
    ...createProviderTokens(db, statements),
    async link(acting: SessionActor, identity: NewOAuthLink) {
      const checked = identityValues(identity)
      const id = identity.newAccountId
      const values = {
        ...actorValues(acting),
        ...checked,
        newAccountId: id,
        ...stateUseValues(identity.state ?? null, id),
      }
      const dead = { provider: checked.provider, subject: checked.subject }
      return db.runWithRecovery<OAuthLink>(
        async (call) => {
          await many(call, statements.deleteDead, dead, () => true)
          const rows = await call.runUnlessUserGone(statements.link, statements.link.values(values))
          // The statement returns exactly one row of these columns.
          return rows === null ? { ok: false, reason: 'stale' } : toLink(rows[0] as LinkRow)
        },
        async (call) => {
          const accounts = await many(call, statements.list, { userId: values.userId }, toAccount)
          const account = accounts.find((one) => one.id === id)
          return account === undefined ? null : { ok: true, account }
        },
      )
    },
    async unlink(acting: SessionActor, id: OAuthAccountId, usable: UsableMethods) {
      const values = {
        ...actorValues(acting),
        ...usableMethodValues(usable),
        accountId: id,
      }
      return one(db, statements.unlink, values, (row: RemovalRow) => toRemoval(row))
    },
    async list(user: UserId) {
      return many(db, statements.list, { userId: user }, toAccount)
    },
  }
}

function toLink(row: LinkRow): OAuthLink {
  if (row.id !== null) return { ok: true, account: toAccount(row) }
  if (row.live === 0) return { ok: false, reason: 'stale' }
  return { ok: false, reason: row.used === 0 ? 'invalid_token' : 'already_exists' }
}

const toAccount = (row: AccountRow): OAuthAccount => ({
  id: row.id,
  provider: row.provider,
  label: row.label,
  createdAt: toDate(row.created_at),
  lastUsedAt: toDate(row.last_used_at),
  hasTokens: row.has_tokens,
})
