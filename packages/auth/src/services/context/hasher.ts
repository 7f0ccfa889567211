import type { RateLimitKey } from 'torii-core'
import { ToriiError } from 'torii-core'
import { ipAddressRanges } from '../../base/ip-address.js'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import type { PasswordHasher } from '../../password-hashing/hashing.js'
import type { ServiceContext } from './context.js'

/** An attempt that was counted and now hashes a password. */
export interface CountedAttempt {
  /** What it was counted under, besides the IP address; null if that was all. */
  readonly account: RateLimitKey | null
  /** True for known browsers, live sessions and holders of a mailed token, whom no flood of strangers displaces. */
  readonly reserved: boolean
}

/**
 * Returns the hasher of an attempt. If the hashing queue refuses it, the attempt is given back to the account, since
 * nothing was tried; the IP address keeps it, since a flood would otherwise cost nothing.
 */
export function hasherFor(
  {
    hashing,
    background,
    storage,
  }: Pick<ServiceContext<object>, 'hashing' | 'background' | 'storage'>,
  { ip }: CheckedRequestInfo,
  { account, reserved }: CountedAttempt,
): PasswordHasher {
  const hasher = hashing.hasherFor({
    reserved,
    ipAddress: ip === null ? null : ipAddressRanges(ip).address,
    account: account === null ? null : Buffer.from(account).toString('base64'),
  })
  async function orGiveBack<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work
    } catch (error) {
      const isBusy = error instanceof ToriiError && error.code === 'ERR_BUSY'
      if (isBusy && account !== null)
        background.run('give_back', () => storage.rateLimits.giveBack([account]))
      throw error
    }
  }
  return {
    hash: (password) => orGiveBack(hasher.hash(password)),
    verify: (stored, given) => orGiveBack(hasher.verify(stored, given)),
    rehearse: hasher.rehearse,
    needsRehash: hasher.needsRehash,
  }
}
