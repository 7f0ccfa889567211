import type { CountedActor, UserId } from 'torii-core'
import { actorOrAdminValues, actorValues } from '../input/input.js'
import { checkIpAddressCharge } from '../input/input-credentials.js'
import { chargeValues } from './rate-limit-charging.js'

/** The values of an acting session and of what it is counted against. */
export const countedActorValues = (value: CountedActor) => ({
  ...actorValues(value),
  ...chargeValues(checkIpAddressCharge(value.charge ?? null)),
})

/** The same where an administrator may act, who is not counted. */
export const countedActorOrAdminValues = (who: UserId | CountedActor) => ({
  ...actorOrAdminValues(who),
  ...chargeValues(
    checkIpAddressCharge(typeof who === 'object' && who !== null ? (who.charge ?? null) : null),
  ),
})
