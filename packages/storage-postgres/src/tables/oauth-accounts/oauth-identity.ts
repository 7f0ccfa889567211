import type { Ciphertext, OAuthAccountId, OAuthIdentity } from 'torii-core'
import { repeat, sameState } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { write } from '../../sql/statement.js'
import { newSessionsColumns, unnestNewSessions } from '../fragments/new-session.js'
import { oauthStatesColumns, unnestOauthStates } from '../fragments/oauth-state-use.js'
import { checkObject, textOrNull } from '../input/input.js'
import { checkShortText } from '../input/input-credentials.js'

export const provider = parameter('provider', 'text')<string>()
export const subject = parameter('subject', 'text')<string>()
export const label = nullable('label', 'text')<string>()
/** Encrypted; null stores none, or leaves the stored ones as they are. */
export const tokens = nullable('tokens', 'bytea')<Ciphertext>()
export const newAccountId = parameter('newAccountId', 'uuid')<OAuthAccountId>()

const identities = {
  provider: parameter('provider', 'text[]')<readonly string[]>(),
  subject: parameter('subject', 'text[]')<readonly string[]>(),
  label: parameter('label', 'text[]')<readonly (string | null)[]>(),
  tokens: parameter('tokens', 'bytea[]')<readonly (Ciphertext | null)[]>(),
}

/** The names that many callers have in a batch: their identities, their states and their new sessions. */
export const callersColumns = `provider, subject, label, tokens, ${oauthStatesColumns}, ${newSessionsColumns}`

/** Arrays to unnest, in the order of {@link callersColumns}. */
export const unnestCallers = sql`
          pg_catalog.unnest(${identities.provider}), pg_catalog.unnest(${identities.subject}),
          pg_catalog.unnest(${identities.label}), pg_catalog.unnest(${identities.tokens}),
          ${unnestOauthStates}, ${unnestNewSessions}`

/** SQL for whether the identity of a row of callers is stored: by a scalar subquery, which always uses the index. */
export const isStored = (schema: string) => `(
          select true from ${schema}.oauth_accounts a where a.provider = k.provider and a.subject = k.subject
        ) is true`

/** Deletes the account of an identity that belongs to former owner epochs, which would hold its key. */
export const deleteDead = (schema: string) =>
  write(
    'oauth_accounts.deleteDead',
    sql`
      delete from ${schema}.oauth_accounts a using ${schema}.users u
      where a.provider = ${provider} and a.subject = ${subject}
        and u.id = a.user_id and a.owner_epoch <> u.owner_epoch
      returning a.id`,
    { schema, onLostReply: repeat(sameState) },
  )

/** The values of an identity at a provider. */
export function identityValues(identity: OAuthIdentity) {
  const given = checkObject(identity, 'identity')
  return {
    provider: checkShortText(given.provider, 'provider', 64),
    subject: checkShortText(given.subject, 'subject', 255),
    label: textOrNull(given.label, 'label', 254),
    tokens: given.tokens,
  }
}
