import type { SessionActor } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { freshRateLimitKey, policy, unknownSessionId, unknownUserId } from '../fixtures/samples.js'
import type { BadArgument } from './bad-arguments.js'
import { inCharges, one } from './bad-arguments.js'
import { badBooleans, badDigests, notObjects } from './bad-values.js'

const hugeBytes = new Uint8Array(1 << 20)

/** Values that are not so many bytes. */
export const badBytes = (min: number, max: number): unknown[] => [
  ...badDigests().filter((value) => !(value instanceof Uint8Array)),
  ...[min - 1, max + 1].map((length) => new Uint8Array(length)),
  hugeBytes,
]

/** Values that are neither true nor false, where one must be given. */
export const mustBeTrueOrFalse = (): unknown[] => [...badBooleans(), null, undefined]

/** A network's charge, for the methods that take it alone. */
export const inIpAddress = (
  method: string,
  call: (storage: ConformanceStorage, ipAddress: unknown) => Promise<unknown>,
): BadArgument[] => {
  const members = notObjects.filter((value) => value !== null)
  const charge = { key: freshRateLimitKey(), policy: policy() }
  return [
    one(method, null, members, call),
    one(method, null, notObjects, (storage, value) => call(storage, { ...charge, policy: value })),
    one(method, 'key', badDigests(), (storage, key) => call(storage, { ...charge, key })),
    // The members of the policy, which the helper puts under the account.
    ...inCharges(method, (storage, { account }) => call(storage, account)).filter(({ field }) =>
      ['cap', 'windowSeconds', 'lockSeconds', 'maxLockSeconds', 'limit', 'forgetSeconds'].includes(
        String(field),
      ),
    ),
  ]
}

/** A charge that may be left out, for the methods that count it themselves. */
export const inOptionalCharge = (
  method: string,
  call: (storage: ConformanceStorage, charge: unknown) => Promise<unknown>,
): BadArgument[] => {
  const [whole, ...members] = inIpAddress(method, call)
  if (whole === undefined) return members
  return [{ ...whole, values: whole.values.filter((value) => value !== undefined) }, ...members]
}

/** An asking session of no one. */
export const someActor = (): SessionActor => ({
  userId: unknownUserId(),
  sessionId: unknownSessionId(),
  epochs: { session: 0, owner: 0 },
})
