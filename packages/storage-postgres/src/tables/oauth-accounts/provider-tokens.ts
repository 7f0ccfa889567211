import type {
  Ciphertext,
  OAuthAccountId,
  OAuthAccountRepository,
  ProviderTokens,
  StoredTokens,
  TokensCursor,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack, repeat } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, many, maybeOne } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import { userId } from '../fragments/parameters.js'
import { checkInteger, checkObject, checkSeconds, maxEpoch } from '../input/input.js'
import { checkBytes, checkShortText } from '../input/input-credentials.js'

const accountId = parameter('accountId', 'uuid')<OAuthAccountId>()
const tokens = parameter('tokens', 'bytea')<Ciphertext>()
/** The version of the tokens that the caller has seen. */
const version = parameter('version', 'int')<number>()
const leaseSeconds = parameter('leaseSeconds', 'float8')<number>()
const notStartingWith = parameter('notStartingWith', 'bytea')<Uint8Array>()
const afterSubject = nullable('afterSubject', 'text')<string>()
const afterProvider = nullable('afterProvider', 'text')<string>()
const limit = parameter('limit', 'int')<number>()

export const providerTokenStatements = (schema: string) => ({
  findTokens: read(
    'oauth_accounts.findTokens',
    sql`
      select a.provider, a.subject, a.tokens, a.tokens_version
      from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id and u.owner_epoch = a.owner_epoch
      where a.user_id = ${userId} and a.id = ${accountId} and a.tokens is not null and u.disabled_at is null`,
  ),
  // A subject and a provider are never empty, so every row comes after two empty texts.
  listTokens: read(
    'oauth_accounts.listTokens',
    sql`
      select a.user_id, a.id, a.provider, a.subject, a.tokens, a.tokens_version
      from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id and u.owner_epoch = a.owner_epoch
      where (a.subject, a.provider) > (coalesce(${afterSubject}, ''), coalesce(${afterProvider}, '')) and a.tokens is not null
        and pg_catalog.substr(a.tokens, 1, pg_catalog.octet_length(${notStartingWith})) <> ${notStartingWith}
      order by a.subject, a.provider limit ${limit}`,
  ),
  // An account that an undo of a second factor carried along, while this statement waited for it, has a later epoch than the
  // user that the statement sees. A provider may have ended the former token already: the new one must not be lost.
  replaceTokens: write(
    'oauth_accounts.replaceTokens',
    sql`
      update ${schema}.oauth_accounts a set
        tokens = ${tokens}, tokens_version = a.tokens_version + 1, refresh_lease_ends_at = null
      from ${schema}.users u
      where a.user_id = ${userId} and a.id = ${accountId} and a.tokens_version = ${version}
        and u.id = a.user_id and u.owner_epoch <= a.owner_epoch
      returning a.id`,
    { schema, onLostReply: readBack('the next version with the same ciphertext') },
  ),
  leaseRefresh: write(
    'oauth_accounts.leaseRefresh',
    sql`
      update ${schema}.oauth_accounts a set refresh_lease_ends_at = ${secondsFromNow(leaseSeconds)}
      from ${schema}.users u
      where a.user_id = ${userId} and a.id = ${accountId} and a.tokens_version = ${version} and a.tokens is not null
        and (a.refresh_lease_ends_at is null or a.refresh_lease_ends_at <= ${now})
        and u.id = a.user_id and u.owner_epoch <= a.owner_epoch and u.disabled_at is null
      returning a.id`,
    {
      schema,
      onLostReply: repeat(
        'false: the lease is taken, its holder does not know it, and it ends by itself',
      ),
    },
  ),
})

interface TokensRow {
  provider: string
  subject: string
  tokens: Ciphertext
  tokens_version: number
}

interface StoredTokensRow extends TokensRow {
  user_id: UserId
  id: OAuthAccountId
}

/** Reads and replaces the encrypted tokens of providers. */
export function createProviderTokens(
  db: Database,
  statements: ReturnType<typeof providerTokenStatements>,
): Pick<OAuthAccountRepository, 'findTokens' | 'listTokens' | 'replaceTokens' | 'leaseRefresh'> {
  return {
    async findTokens(user: UserId, id: OAuthAccountId) {
      const values = { userId: user, accountId: id }
      return maybeOne(db, statements.findTokens, values, toTokens)
    },
    async listTokens(query: TokensQuery) {
      const given = checkObject(query, 'query')
      const values = {
        notStartingWith: checkBytes(given.notStartingWith, 'notStartingWith', 1, 1024),
        ...cursorValues(given.after),
        limit: checkInteger(given.limit, 'limit', 1, 1000),
      }
      return many(db, statements.listTokens, values, toStoredTokens)
    },
    async replaceTokens(
      user: UserId,
      id: OAuthAccountId,
      change: { version: number; tokens: Ciphertext },
    ) {
      const given = checkObject(change, 'change')
      const values = {
        userId: user,
        accountId: id,
        version: checkInteger(given.version, 'version', 0, maxEpoch - 1),
        tokens: given.tokens,
      }
      return db.runWithRecovery(
        (call) => exists(call, statements.replaceTokens, values),
        async (call) => {
          const account = { userId: values.userId, accountId: values.accountId }
          const stored = await maybeOne(call, statements.findTokens, account, toTokens)
          const isOurs =
            stored?.version === values.version + 1 &&
            Buffer.compare(stored.tokens, values.tokens) === 0
          return isOurs ? true : null
        },
      )
    },
    async leaseRefresh(
      user: UserId,
      id: OAuthAccountId,
      lease: { version: number; leaseSeconds: number },
    ) {
      const given = checkObject(lease, 'lease')
      const values = {
        userId: user,
        accountId: id,
        version: checkInteger(given.version, 'version', 0, maxEpoch),
        leaseSeconds: checkSeconds(given.leaseSeconds, 'leaseSeconds'),
      }
      return exists(db, statements.leaseRefresh, values)
    },
  }
}

type TokensQuery = Parameters<OAuthAccountRepository['listTokens']>[0]

function cursorValues(after: TokensCursor | undefined) {
  if (after === undefined) return { afterSubject: null, afterProvider: null }
  const given = checkObject(after, 'after')
  return {
    afterSubject: checkShortText(given.subject, 'subject', 255),
    afterProvider: checkShortText(given.provider, 'provider', 64),
  }
}

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
