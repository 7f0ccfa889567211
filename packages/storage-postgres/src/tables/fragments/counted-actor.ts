import type { CountedActor, UserId } from 'torii-core'
import { actorOrAdminValues, actorValues } from '../input/input.js'
import { checkIpAddressCharge } from '../input/input-credentials.js'
import { chargeValues } from './rate-limit-charging.js'

/** The values of an acting session and of the rate limit that it is counted against. */
export const countedActorValues = (value: CountedActor) => ({
  ...actorValues(value),
  ...chargeValues(checkIpAddressCharge(value.charge ?? null)),
})

/** The same for an operation that an administrator can also call. The administrator's calls are not counted. */
export const countedActorOrAdminValues = (who: UserId | CountedActor) => ({
  ...actorOrAdminValues(who),
  ...chargeValues(
    checkIpAddressCharge(typeof who === 'object' && who !== null ? (who.charge ?? null) : null),
  ),
})
