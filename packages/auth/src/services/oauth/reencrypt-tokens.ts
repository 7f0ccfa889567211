import type { Ciphertext, StoredTokens, TokensCursor } from 'torii-core'
import { ToriiError } from 'torii-core'
import { ciphertextHeader } from '../../crypto/encrypted-tokens.js'
import { decryptTokens, encryptTokens } from '../../oauth-client/provider-tokens.js'
import type { ServiceContext } from '../context/context.js'

/** The result of a re-encryption. */
export interface TokensReencrypted {
  /** Encrypted under the current key now. */
  readonly reencrypted: number
  /** Encrypted under a key that is not in `keys`, or damaged: these users must sign in at the provider again. */
  readonly unreadable: number
  /** Being refreshed at the moment: run it again. */
  readonly busy: number
}

/** How a re-encryption is watched. */
export interface ReencryptOptions {
  /** Called after each batch of at most 100 with the counts so far. */
  readonly onProgress?: (counts: TokensReencrypted) => void
}

const batchSize = 100
const leaseSeconds = 5

/**
 * Re-encrypts every provider token that is encrypted under an older key, in batches, while the application runs. After
 * that the older key can be removed. It may run in several processes and be repeated.
 */
export const reencryptTokens =
  <Metadata extends object>({ options: { keys }, storage }: ServiceContext<Metadata>) =>
  async ({ onProgress }: ReencryptOptions = {}): Promise<TokensReencrypted> => {
    const notStartingWith = ciphertextHeader(keys)
    const counts = { reencrypted: 0, unreadable: 0, busy: 0 }
    const reencrypt = async (stored: StoredTokens) => {
      const tokens = readable(() => decryptTokens(keys, stored))
      if (tokens === null) counts.unreadable += 1
      else if (!(await mayReplace(storage, stored))) counts.busy += 1
      else if (await replace(stored, encryptTokens(keys, tokens, stored))) counts.reencrypted += 1
    }
    // If the swap is lost, newer tokens were stored, and those are encrypted under the current key.
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
      onProgress?.({ ...counts })
      const last = batch.at(-1)
      if (last === undefined) return counts
      after = { subject: last.subject, provider: last.provider }
    }
  }

/**
 * Checks that no worker is refreshing these tokens: a swap in between would lose the new ones, or let another worker
 * send the old refresh token twice. Tokens of a disabled account cannot be leased.
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
