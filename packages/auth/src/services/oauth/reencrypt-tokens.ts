import type { Ciphertext, StoredTokens, TokensCursor } from 'torii-core'
import { ToriiError } from 'torii-core'
import { ciphertextHeader } from '../../crypto/encrypted-tokens.js'
import { decryptTokens, encryptTokens } from '../../oauth-client/provider-tokens.js'
import type { ServiceContext } from '../context/context.js'

/** What sealing again came to. */
export interface TokensReencrypted {
  /** Now under the key that writes. */
  readonly reencrypted: number
  /** Under a key that the option `keys` no longer holds, or changed: their people have to sign in there again. */
  readonly unreadable: number
  /** Being refreshed at this moment: run it again. */
  readonly busy: number
}

const batchSize = 100
const leaseSeconds = 5

/**
 * Seals every provider token that stands under another key under the one that writes today, in batches, while the
 * application runs: afterwards the former key can go. May run in several processes and be run again.
 */
export async function reencryptTokens<Metadata extends object>({
  options,
  storage,
}: ServiceContext<Metadata>): Promise<TokensReencrypted> {
  const { keys } = options
  const notStartingWith = ciphertextHeader(keys)
  const counts = { reencrypted: 0, unreadable: 0, busy: 0 }
  const reencrypt = async (stored: StoredTokens) => {
    const tokens = readable(() => decryptTokens(keys, stored))
    if (tokens === null) counts.unreadable += 1
    else if (!(await mayReplace(storage, stored))) counts.busy += 1
    else if (await replace(stored, encryptTokens(keys, tokens, stored))) counts.reencrypted += 1
  }
  // A lost swap means that somebody stored newer tokens, and those are under the key that writes.
  const replace = ({ userId, id, version }: StoredTokens, tokens: Ciphertext) =>
    storage.oauthAccounts.replaceTokens(userId, id, { version, tokens })
  let after: TokensCursor | null = null
  for (;;) {
    const batch: readonly StoredTokens[] = await storage.oauthAccounts.listTokens({
      notStartingWith,
      limit: batchSize,
      ...(after === null ? {} : { after }),
    })
    for (const stored of batch) await reencrypt(stored)
    const last = batch.at(-1)
    if (last === undefined) return counts
    after = { subject: last.subject, provider: last.provider }
  }
}

/**
 * Whether nobody is refreshing these tokens: a swap in between would lose the new ones, or have another worker
 * send the former refresh token twice. Tokens of a disabled account are leased to nobody.
 */
async function mayReplace<Metadata extends object>(
  { oauthAccounts, users }: Pick<ServiceContext<Metadata>['storage'], 'oauthAccounts' | 'users'>,
  { userId, id, version }: StoredTokens,
): Promise<boolean> {
  if (await oauthAccounts.leaseRefresh(userId, id, { version, leaseSeconds })) return true
  const user = await users.find(userId)
  return user !== null && user.disabledAt !== null
}

function readable<Value>(read: () => Value): Value | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof ToriiError && error.code === 'ERR_DECRYPTION') return null
    throw error
  }
}
