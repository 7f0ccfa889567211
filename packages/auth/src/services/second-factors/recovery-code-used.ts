import type { User } from 'torii-core'
import { queuedMail } from '../../mail/queued-mail.js'
import type { EventContextInput } from '../effects/effects.js'
import { event } from '../effects/effects.js'

/** The effects of a recovery code that was used: an event, and a message to the owner. Both say how many are left. */
export const recoveryCodeUsed = (
  { email, name }: Pick<User<object>, 'email' | 'name'>,
  eventContext: EventContextInput,
  remaining: number,
) => ({
  events: [event('recovery_code_used', eventContext, { remaining })],
  mails: email === null ? [] : [queuedMail('recovery_code_used', email, { name, remaining })],
})
