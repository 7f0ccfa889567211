import type { EmailKey, UserId } from 'torii-core'
import type { IpAddress } from '../base/ip-address.js'
import type { CheckedRequestInfo } from '../base/request-info.js'
import type { KeyRing } from '../crypto/key-ring.js'
import { readDeviceCookie } from './known-browsers.js'

/** Who makes a request, as far as rate limits tell callers apart. */
export interface Caller {
  /** Null if it is unknown; all strangers without one share a counter. */
  readonly ip: IpAddress | null
  /** The id of a browser that signed in before, which is counted by this id alone; null for a stranger. */
  readonly knownBrowser: string | null
}

/** Returns the caller of a request that names no account: known if its browser signed in to any. */
export const callerOf = (keys: KeyRing, { ip, deviceCookie }: CheckedRequestInfo): Caller => ({
  ip,
  knownBrowser: readDeviceCookie(keys, deviceCookie)?.id ?? null,
})

/** Returns the caller of a request for one account: known if its browser signed in to this account. */
export const callerFor = (
  keys: KeyRing,
  { ip, deviceCookie }: CheckedRequestInfo,
  email: EmailKey,
): Caller => ({
  ip,
  knownBrowser: readDeviceCookie(keys, deviceCookie)?.idFor(email) ?? null,
})

/** Returns the caller of a request for one user, whose email address it does not name: known if its browser signed in as this user. */
export const callerForUser = (
  keys: KeyRing,
  { ip, deviceCookie }: CheckedRequestInfo,
  userId: UserId,
): Caller => ({
  ip,
  knownBrowser: readDeviceCookie(keys, deviceCookie)?.idForUser(userId) ?? null,
})

/** The same caller without its known browser. */
export const asStranger = ({ ip }: Caller): Caller => ({ ip, knownBrowser: null })
