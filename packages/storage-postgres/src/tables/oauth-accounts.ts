import type {
  Ciphertext,
  Json,
  OAuthAccount,
  OAuthAccountId,
  OAuthAccountRepository,
  OAuthIdentity,
  OAuthLink,
  OAuthSignIn,
  OAuthSignInOutcome,
  ProviderTokens,
  SessionActor,
  StoredTokens,
  TokensCursor,
  UserId,
} from 'torii-core'
import { checkName, checkPicture, requireEmail } from 'torii-core'
import type { Database } from '../sql/db.js'
import {
  many,
  maybeOne,
  nameStatements,
  statementTime as now,
  one,
  seconds,
  secondsFromNow,
  toDate,
} from '../sql/db.js'
import {
  actorValues,
  checkBoolean,
  checkInteger,
  checkNewSession,
  checkObject,
  checkSeconds,
  checkUserId,
  maxEpoch,
  textOrNull,
} from './input/input.js'
import {
  checkBytes,
  checkCiphertext,
  checkOAuthAccountId,
  checkShortText,
} from './input/input-credentials.js'
import { tookOver } from './mailbox-sign-in.js'
import type { OpenedRow } from './readback.js'
import { createReceipts } from './readback.js'
import type { SessionRow } from './sessions/session-row.js'
import {
  actorIsLive,
  insertSession,
  sessionColumns,
  sessionValues,
  toSession,
} from './sessions/session-row.js'
import type { RemovalRow } from './sign-in-methods.js'
import { removalColumns, signInMethods, toRemoval } from './sign-in-methods.js'
import type { UserRow } from './user-row.js'
import { toUser, userColumns } from './user-row.js'

const accountColumns = `
  a.id, a.provider, a.label, ${seconds('a.created_at')} as created_at,
  ${seconds('a.last_used_at')} as last_used_at, a.tokens is not null as has_tokens`

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('oauth_accounts', {
    // The account's row is locked before the user's; a row that a take-over left behind is not known.
    signInKnown: `
      with a as (
        update ${schema}.oauth_accounts a set
          label = $3::text, tokens = coalesce($4::bytea, a.tokens),
          tokens_version = a.tokens_version + ($4::bytea is not null)::int, last_used_at = ${now}
        from ${schema}.users owner
        where a.provider = $1::text and a.subject = $2::text
          and owner.id = a.user_id and owner.owner_epoch = a.owner_epoch
        returning a.user_id, a.owner_epoch
      ), u as (
        select ${userColumns}, u.session_epoch from ${schema}.users u
        where u.id = (select a.user_id from a) and u.owner_epoch = (select a.owner_epoch from a)
          and u.disabled_at is null
        for key share
      ), s as (
        ${insertSession(schema, 5)}
        returning ${sessionColumns}
      )
      select (select pg_catalog.count(*) from a)::int as known, exists (
          select 1 from ${schema}.oauth_accounts a where a.provider = $1::text and a.subject = $2::text
        ) as stored, u.*, s.*
      from (select 1 as one) as always left join u on true left join s on true`,
    deleteDead: `
      delete from ${schema}.oauth_accounts a using ${schema}.users u
      where a.provider = $1::text and a.subject = $2::text
        and u.id = a.user_id and a.owner_epoch <> u.owner_epoch
      returning a.id`,
    // With a verified address the claim decides whose account it is; without one the identity does.
    signInNew: `
      with claim as (
        insert into ${schema}.user_emails as e (email_key, user_id)
        select $14::text, $12::uuid where $14::text is not null
        on conflict (email_key) do update set user_id = e.user_id
        returning e.user_id
      ), unproved as (
        select u.id from ${schema}.users u join claim on claim.user_id = u.id
        where u.email_verified_at is null for no key update of u
      ), addressed as (
        insert into ${schema}.users as u
          (id, email, email_key, email_verified_at, name, picture, created_at, updated_at)
        select claim.user_id, $13::text, $14::text, ${now}, $15::text, $16::text, ${now}, ${now} from claim
        where (select pg_catalog.count(*) from unproved) >= 0
        on conflict (id) do update set
          email_verified_at = coalesce(u.email_verified_at, excluded.email_verified_at),
          session_epoch = u.session_epoch + (u.email_verified_at is null)::int,
          owner_epoch = u.owner_epoch + (u.email_verified_at is null)::int,
          updated_at = case when u.email_verified_at is null then excluded.updated_at else u.updated_at end
        where u.disabled_at is null and u.email_key = excluded.email_key
        returning ${userColumns}, u.session_epoch, u.owner_epoch, u.email_verified_at as proved_at
      ), a as (
        insert into ${schema}.oauth_accounts as a
          (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
        select $1::text, $2::text, $17::uuid, coalesce(addressed.user_id, $12::uuid),
          coalesce(addressed.owner_epoch, 0), $3::text, $4::bytea, ${now}, ${now}
        from (select 1 as one) as always left join addressed on true
        where $14::text is null or addressed.user_id is not null
        on conflict (subject, provider) do update set
          label = excluded.label, tokens = coalesce(excluded.tokens, a.tokens),
          tokens_version = a.tokens_version + (excluded.tokens is not null)::int,
          owner_epoch = case when a.user_id = excluded.user_id then excluded.owner_epoch else a.owner_epoch end,
          last_used_at = excluded.last_used_at
        returning a.id, a.user_id
      ), bare as (
        insert into ${schema}.users as u (id, name, picture, created_at, updated_at)
        select a.user_id, $15::text, $16::text, ${now}, ${now} from a
        where $14::text is null and a.user_id = $12::uuid
        on conflict (id) do nothing
        returning ${userColumns}, u.session_epoch, u.owner_epoch, null::timestamptz as proved_at
      ), u as (
        select addressed.* from addressed join a on a.user_id = addressed.user_id
        union all select bare.* from bare
      ), s as (
        ${insertSession(schema, 5)}
        returning ${sessionColumns}
      )
      select u.*, s.*, u.user_id = $12::uuid as created,
        ${tookOver(schema)} as took_over,
        (select pg_catalog.count(*) from claim)::int as claimed, (select pg_catalog.count(*) from addressed)::int as let_in
      from (select 1 as one) as always left join u on true left join s on true`,
    link: `
      with me as (
        select u.id, u.owner_epoch from ${schema}.users u where u.id = $1::uuid and ${actorIsLive(schema)}
      ), a as (
        insert into ${schema}.oauth_accounts as a
          (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
        select $5::text, $6::text, $9::uuid, me.id, me.owner_epoch, $7::text, $8::bytea, ${now}, ${now} from me
        on conflict (subject, provider) do nothing
        returning ${accountColumns}
      )
      select (select pg_catalog.count(*) from me)::int as live, a.*
      from (select 1 as one) as always left join a on true`,
    unlink: `
      with ${signInMethods(schema)}, found as (
        select accounts.id from accounts where accounts.id = $6::uuid
      ), gone as (
        delete from ${schema}.oauth_accounts a using me, ways
        where a.user_id = me.id and a.id = $6::uuid and exists (select 1 from found) and ways.count > 1
        returning a.id
      )
      select ${removalColumns}`,
    list: `
      select ${accountColumns}
      from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id and u.owner_epoch = a.owner_epoch
      where a.user_id = $1::uuid order by a.created_at, a.id`,
    findTokens: `
      select a.provider, a.subject, a.tokens, a.tokens_version
      from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id and u.owner_epoch = a.owner_epoch
      where a.user_id = $1::uuid and a.id = $2::uuid and a.tokens is not null and u.disabled_at is null`,
    // A subject and a provider are never empty, so every row comes after two empty texts.
    listTokens: `
      select a.user_id, a.id, a.provider, a.subject, a.tokens, a.tokens_version
      from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id and u.owner_epoch = a.owner_epoch
      where (a.subject, a.provider) > (coalesce($2::text, ''), coalesce($3::text, '')) and a.tokens is not null
        and pg_catalog.substr(a.tokens, 1, pg_catalog.octet_length($1::bytea)) <> $1::bytea
      order by a.subject, a.provider limit $4::int`,
    replaceTokens: `
      update ${schema}.oauth_accounts a set
        tokens = $4::bytea, tokens_version = a.tokens_version + 1, refresh_lease_ends_at = null
      from ${schema}.users u
      where a.user_id = $1::uuid and a.id = $2::uuid and a.tokens_version = $3::int
        and u.id = a.user_id and u.owner_epoch = a.owner_epoch
      returning a.id`,
    leaseRefresh: `
      update ${schema}.oauth_accounts a set refresh_lease_ends_at = ${secondsFromNow('$4')}
      from ${schema}.users u
      where a.user_id = $1::uuid and a.id = $2::uuid and a.tokens_version = $3::int and a.tokens is not null
        and (a.refresh_lease_ends_at is null or a.refresh_lease_ends_at <= ${now})
        and u.id = a.user_id and u.owner_epoch = a.owner_epoch and u.disabled_at is null
      returning a.id`,
  })

type SignedInRow = UserRow & (SessionRow | { session_id: null })
/** `stored` without `known`: a row that a take-over left behind. */
type KnownRow = SignedInRow & { known: number; stored: boolean }
type NewRow = SignedInRow & {
  created: boolean
  took_over: boolean
  claimed: number
  let_in: number
}

interface AccountRow {
  id: OAuthAccountId
  provider: string
  label: string | null
  created_at: number
  last_used_at: number
  has_tokens: boolean
}

interface StoredTokensRow extends TokensRow {
  user_id: UserId
  id: OAuthAccountId
}

interface TokensRow {
  provider: string
  subject: string
  tokens: Ciphertext
  tokens_version: number
}

/** `schema` is an already quoted identifier. */
export function createOAuthAccountRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  schema: string,
): OAuthAccountRepository<Metadata> {
  const sql = statements(schema)
  const receipts = createReceipts(db, schema)
  const found = () => true

  async function signInOrMake(values: unknown[]): Promise<OAuthSignInOutcome<Metadata>> {
    // Each turn is one commit. A second one is needed only when another caller registered the same
    // identity between our look and our insert: then it is known.
    for (let turn = 0; turn < 3; turn += 1) {
      const row = await one(db, sql.signInKnown, values.slice(0, 11), (known: KnownRow) => known)
      if (row.known > 0) return toKnown<Metadata>(row)
      if (row.stored) await many(db, sql.deleteDead, values.slice(0, 2), found)
      const made = await one(db, sql.signInNew, values, toNew<Metadata>)
      if (made !== null) return made
    }
    return { ok: false, reason: 'account_disabled' }
  }

  return {
    async signIn(person: OAuthSignIn) {
      const values = signInValues(person)
      return db.settle<OAuthSignInOutcome<Metadata>>(
        () => signInOrMake(values),
        async () =>
          toFormerSignIn(
            await receipts.openedByIdentity(person.provider, person.subject, person.session),
            person,
          ),
      )
    },
    async link(actor: SessionActor, identity: OAuthIdentity & { newAccountId: OAuthAccountId }) {
      const checked = identityValues(identity)
      const id = checkOAuthAccountId(identity.newAccountId, 'newAccountId')
      const values = [...actorValues(actor), ...checked, id]
      await many(db, sql.deleteDead, checked.slice(0, 2), found)
      return db.settle<OAuthLink>(
        async () => {
          const rows = await db.runUnlessUserGone(sql.link, values)
          // The statement answers with exactly one row of these columns.
          return rows === null ? { ok: false, reason: 'stale' } : toLink(rows[0] as LinkRow)
        },
        async () => {
          const accounts = await many(db, sql.list, [actor.userId], toAccount)
          const account = accounts.find((one) => one.id === id)
          return account === undefined ? null : { ok: true, account }
        },
      )
    },
    async unlink(actor: SessionActor, id: OAuthAccountId, options: { mailSignIn: boolean }) {
      const { mailSignIn } = checkObject(options, 'options')
      const values = [
        ...actorValues(actor),
        checkBoolean(mailSignIn, 'mailSignIn'),
        checkOAuthAccountId(id, 'id'),
      ]
      return one(db, sql.unlink, values, (row: RemovalRow) => toRemoval(row))
    },
    async list(userId: UserId) {
      return many(db, sql.list, [checkUserId(userId)], toAccount)
    },
    async findTokens(userId: UserId, id: OAuthAccountId) {
      return maybeOne(
        db,
        sql.findTokens,
        [checkUserId(userId), checkOAuthAccountId(id, 'id')],
        toTokens,
      )
    },
    async listTokens(query: TokensQuery) {
      const { notStartingWith, limit, after } = checkObject(query, 'query')
      const values = [
        checkBytes(notStartingWith, 'notStartingWith', 1, 1024),
        ...(after === undefined ? [null, null] : cursorValues(after)),
        checkInteger(limit, 'limit', 1, 1000),
      ]
      return many(db, sql.listTokens, values, toStoredTokens)
    },
    async replaceTokens(
      userId: UserId,
      id: OAuthAccountId,
      change: { version: number; tokens: Ciphertext },
    ) {
      const { version, tokens } = checkObject(change, 'change')
      const values = [
        checkUserId(userId),
        checkOAuthAccountId(id, 'id'),
        checkInteger(version, 'version', 0, maxEpoch - 1),
        checkCiphertext(tokens, 'tokens'),
      ]
      return db.settle(
        async () => (await maybeOne(db, sql.replaceTokens, values, found)) ?? false,
        async () => {
          const stored = await maybeOne(db, sql.findTokens, [userId, id], toTokens)
          const isOurs =
            stored?.version === version + 1 && Buffer.compare(stored.tokens, tokens) === 0
          return isOurs ? true : null
        },
      )
    },
    async leaseRefresh(
      userId: UserId,
      id: OAuthAccountId,
      lease: { version: number; leaseSeconds: number },
    ) {
      const { version, leaseSeconds } = checkObject(lease, 'lease')
      const values = [
        checkUserId(userId),
        checkOAuthAccountId(id, 'id'),
        checkInteger(version, 'version', 0, maxEpoch),
        checkSeconds(leaseSeconds, 'leaseSeconds'),
      ]
      return (await maybeOne(db, sql.leaseRefresh, values, found)) ?? false
    },
  }
}

type TokensQuery = Parameters<OAuthAccountRepository['listTokens']>[0]

/** `subject, provider`: the order of the key. */
function cursorValues(after: TokensCursor): unknown[] {
  const { subject, provider } = checkObject(after, 'after')
  return [checkShortText(subject, 'subject', 255), checkShortText(provider, 'provider', 64)]
}

/** `provider, subject, label, tokens`. */
function identityValues(identity: OAuthIdentity): unknown[] {
  const { provider, subject, label, tokens } = checkObject(identity, 'identity')
  return [
    checkShortText(provider, 'provider', 64),
    checkShortText(subject, 'subject', 255),
    textOrNull(label, 'label', 254),
    tokens === null ? null : checkCiphertext(tokens, 'tokens'),
  ]
}

/** The identity, the session, the user to make with an address only where it is trusted, the account. */
function signInValues(person: OAuthSignIn): unknown[] {
  const identity = identityValues(person)
  const { email, emailVerified, newUserId, newAccountId, name, picture, session } = person
  const emailKey = email === null ? null : requireEmail(email)
  const trusted = checkBoolean(emailVerified, 'emailVerified') && emailKey !== null
  return [
    ...identity,
    ...sessionValues(checkNewSession(session)),
    checkUserId(newUserId, 'newUserId'),
    trusted ? email : null,
    trusted ? emailKey : null,
    checkName(name),
    checkPicture(picture),
    checkOAuthAccountId(newAccountId, 'newAccountId'),
  ]
}

const toKnown = <Metadata extends object>(row: KnownRow): OAuthSignInOutcome<Metadata> =>
  row.session_id === null
    ? { ok: false, reason: 'account_disabled' }
    : { ok: true, user: toUser(row), session: toSession(row), how: 'known' }

/** Null when somebody else registered the identity meanwhile. */
function toNew<Metadata extends object>(row: NewRow): OAuthSignInOutcome<Metadata> | null {
  if (row.session_id !== null) {
    const how = row.created ? 'created' : row.took_over ? 'took_over' : 'linked'
    return { ok: true, user: toUser(row), session: toSession(row), how }
  }
  return row.claimed > 0 && row.let_in === 0 ? { ok: false, reason: 'account_disabled' } : null
}

/** The same of a sign-in whose answer was lost; null when there was none. */
function toFormerSignIn<Metadata extends object>(
  row: (OpenedRow & { linked_now: boolean }) | null,
  { newUserId }: OAuthSignIn,
): OAuthSignInOutcome<Metadata> | null {
  if (row === null) return null
  const how = row.user_id === newUserId ? 'created' : row.proved_now ? 'took_over' : 'linked'
  return {
    ok: true,
    user: toUser(row),
    session: toSession(row),
    how: row.linked_now ? how : 'known',
  }
}

type LinkRow = { live: number } & (AccountRow | { id: null })

function toLink(row: LinkRow): OAuthLink {
  if (row.id !== null) return { ok: true, account: toAccount(row) }
  return { ok: false, reason: row.live === 0 ? 'stale' : 'already_exists' }
}

const toAccount = (row: AccountRow): OAuthAccount => ({
  id: row.id,
  provider: row.provider,
  label: row.label,
  createdAt: toDate(row.created_at),
  lastUsedAt: toDate(row.last_used_at),
  hasTokens: row.has_tokens,
})

const toStoredTokens = (row: StoredTokensRow): StoredTokens => ({
  ...toTokens(row),
  userId: row.user_id,
  id: row.id,
})

const toTokens = (row: TokensRow): ProviderTokens => ({
  provider: row.provider,
  subject: row.subject,
  tokens: row.tokens,
  version: row.tokens_version,
})
