import type {
  NewSession,
  ProfileChanges,
  RateLimitCharges,
  RateLimitPolicy,
  RateLimitRefund,
  SessionActor,
  SessionKey,
  UserId,
} from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import {
  freshRateLimitKey,
  newSession,
  onAccount,
  policy,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'
import {
  badDigests,
  badIds,
  badMetadata,
  badMethods,
  badNames,
  badNumbers,
  badPictures,
  badTexts,
  notObjects,
  unsafe,
} from './bad-values.js'

export type Call = (storage: ConformanceStorage, value: unknown) => Promise<unknown>

/** One argument of one method: its bad values, and a call in which all other arguments are right. */
export interface BadArgument {
  /** `repository.method`. */
  readonly method: string
  /** What the refusal's `field` ends with; null for a whole object, where any member may be named. */
  readonly field: string | null
  readonly values: readonly unknown[]
  readonly call: Call
}

/** Members of a session to open, for the methods that take one. */
export const inSession = (
  method: string,
  call: (storage: ConformanceStorage, session: NewSession) => Promise<unknown>,
): BadArgument[] => {
  const member = (field: keyof NewSession, values: readonly unknown[]): BadArgument => ({
    method,
    field,
    values,
    call: (storage, value) => call(storage, { ...newSession(), [field]: value }),
  })
  return [
    {
      method,
      field: null,
      values: notObjects.filter((value) => value !== undefined && value !== null),
      call: (storage, value) => call(storage, unsafe(value)),
    },
    member('methods', badMethods()),
    member('ip', badTexts(64)),
    member('userAgent', badTexts(1024)),
    member('idleSeconds', [...badNumbers(), 10_001]),
    member('absoluteSeconds', badNumbers()),
  ]
}

/** Members of a session's key, for the methods that take one. */
export const inKey = (
  method: string,
  call: (storage: ConformanceStorage, key: SessionKey) => Promise<unknown>,
): BadArgument[] => {
  return [
    {
      method,
      field: null,
      values: notObjects,
      call: (storage, value) => call(storage, unsafe(value)),
    },
  ]
}

/** Members of the asking session, for the methods that take one. */
export const inActor = (
  method: string,
  call: (storage: ConformanceStorage, actor: SessionActor) => Promise<unknown>,
): BadArgument[] => {
  const right = (): SessionActor => ({
    userId: unknownUserId(),
    sessionId: unknownSessionId(),
    epochs: { session: 0, owner: 0 },
  })
  const argument = (
    field: string | null,
    values: readonly unknown[],
    change: (value: unknown) => SessionActor,
  ): BadArgument => ({
    method,
    field,
    values,
    call: (storage, value) => call(storage, change(value)),
  })
  return [
    argument(null, notObjects, (value) => unsafe(value)),
    argument('userId', badIds(), (value) => ({ ...right(), userId: unsafe(value) })),
    argument('sessionId', badIds(), (value) => ({ ...right(), sessionId: unsafe(value) })),
    argument(null, notObjects, (value) => ({ ...right(), epochs: unsafe(value) })),
    argument('session', badNumbers(), (value) => ({
      ...right(),
      epochs: { session: unsafe(value), owner: 0 },
    })),
    argument('owner', badNumbers(), (value) => ({
      ...right(),
      epochs: { session: 0, owner: unsafe(value) },
    })),
  ]
}

/** Who acts, for the methods that take an administrator's id of a user or an acting session. */
export const inWho = (
  method: string,
  call: (storage: ConformanceStorage, who: UserId | SessionActor) => Promise<unknown>,
): BadArgument[] => [
  // Every text is trusted to be an id; what is neither a text nor an acting session is refused.
  one(method, null, [null, undefined, []], (storage, who) => call(storage, unsafe(who))),
  ...inActor(method, call).slice(1),
]

/** Members of the charges, for the methods that take them. */
export const inCharges = (
  method: string,
  call: (storage: ConformanceStorage, charges: RateLimitCharges) => Promise<unknown>,
): BadArgument[] => {
  const limits = (field: keyof RateLimitPolicy, extra: readonly unknown[] = []): BadArgument => ({
    method,
    field,
    values: [...badNumbers(), 0, ...extra],
    call: (storage, value) => call(storage, onAccount(freshRateLimitKey(), { [field]: value })),
  })
  const charge = (): RateLimitCharges['account'] => ({ key: freshRateLimitKey(), policy: policy() })
  const argument = (
    field: string | null,
    values: readonly unknown[],
    change: (value: unknown) => RateLimitCharges,
  ): BadArgument => ({
    method,
    field,
    values,
    call: (storage, value) => call(storage, change(value)),
  })
  return [
    argument(null, notObjects, (value) => unsafe(value)),
    argument(
      null,
      notObjects.filter((value) => value !== null),
      (value) => ({ account: unsafe(value), ipAddress: charge() }),
    ),
    argument(
      null,
      notObjects.filter((value) => value !== null),
      (value) => ({ account: charge(), ipAddress: unsafe(value) }),
    ),
    argument(null, [null], () => ({ account: null, ipAddress: null })),
    argument('key', badDigests(), (value) => ({
      account: { key: unsafe(value), policy: policy() },
      ipAddress: charge(),
    })),
    argument('key', badDigests(), (value) => ({
      account: charge(),
      ipAddress: { key: unsafe(value), policy: policy() },
    })),
    argument(null, notObjects, (value) => ({
      account: { key: freshRateLimitKey(), policy: unsafe(value) },
      ipAddress: null,
    })),
    limits('cap', [1_000_001]),
    limits('windowSeconds'),
    limits('lockSeconds'),
    limits('maxLockSeconds'),
    limits('limit'),
    limits('forgetSeconds', [3999]),
  ]
}

/** Members of a refund, for the methods that take one. */
export const inRefund = (
  method: string,
  call: (storage: ConformanceStorage, refund: RateLimitRefund) => Promise<unknown>,
): BadArgument[] => {
  const objects = notObjects.filter((value) => value !== undefined)
  return [
    {
      method,
      field: null,
      values: objects,
      call: (storage, value) => call(storage, unsafe(value)),
    },
  ]
}

/** Fields of a profile, for the methods that take them. */
export const inProfile = (
  method: string,
  call: (storage: ConformanceStorage, changes: ProfileChanges) => Promise<unknown>,
): BadArgument[] => [
  {
    method,
    field: 'name',
    values: badNames(),
    call: (storage, name) => call(storage, { name: unsafe(name) }),
  },
  {
    method,
    field: 'picture',
    values: badPictures(),
    call: (storage, picture) => call(storage, { picture: unsafe(picture) }),
  },
  {
    method,
    field: 'metadata',
    values: badMetadata(),
    call: (storage, metadata) => call(storage, { metadata: unsafe(metadata) }),
  },
]

export const one = (
  method: string,
  field: string | null,
  values: readonly unknown[],
  call: Call,
): BadArgument => ({ method, field, values, call })
