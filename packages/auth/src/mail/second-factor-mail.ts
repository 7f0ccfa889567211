import type { User } from 'torii-core'
import type { QueuedMail } from './queued-mail.js'
import { queuedMail } from './queued-mail.js'

/** The mail that tells the owner of an account of a change of its second factors. */
export const secondFactorMail = (
  kind: 'second_factor_added' | 'second_factor_removed',
  { email, name }: Pick<User<object>, 'email' | 'name'>,
): QueuedMail[] => (email === null ? [] : [queuedMail(kind, email, { name })])
