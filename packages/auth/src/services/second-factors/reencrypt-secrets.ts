import type { UserId } from 'torii-core'
import type { ServiceContext } from '../context/context.js'
import { encryptSecret, isUnderOlderKey, readSecret } from './stored-secret.js'

/** The result of a re-encryption. */
export interface SecretsReencrypted {
  /** Encrypted under the current key now. */
  readonly reencrypted: number
  /** Encrypted under a key that is not in `keys`, or damaged: these users need a reset of their second factor. */
  readonly unreadable: number
}

const batchSize = 500

/**
 * Re-encrypts every secret of an authenticator application that is encrypted under an older key, in batches, while the
 * application runs. After that the older key can be removed. It may run in several processes and be repeated.
 */
export const reencryptSecrets =
  <Metadata extends object>({ options: { keys }, storage }: ServiceContext<Metadata>) =>
  async (): Promise<SecretsReencrypted> => {
    const counts = { reencrypted: 0, unreadable: 0 }
    let after: UserId | undefined
    for (;;) {
      const batch = await storage.secondFactors.listSecrets({
        limit: batchSize,
        ...(after === undefined ? {} : { after }),
      })
      for (const { userId, secret: former } of batch) {
        if (!isUnderOlderKey(keys, former)) continue
        const plain = readSecret(keys, former, userId)
        if (plain === null) {
          counts.unreadable += 1
          continue
        }
        const secret = encryptSecret(keys, plain, userId)
        // If the swap is lost, the user has enrolled again, under the current key.
        if (await storage.secondFactors.replaceSecret({ userId, former, secret }))
          counts.reencrypted += 1
      }
      after = batch.at(-1)?.userId
      if (after === undefined) return counts
    }
  }
