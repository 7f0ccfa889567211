import type { User } from 'torii-core'
import type { LinkFacts } from './messages.js'
import type { QueuedMail } from './queued-mail.js'
import { queuedMail } from './queued-mail.js'

type Owner = Pick<User<object>, 'email' | 'name'>

/** The mail that tells the owner of an account that a second factor was turned on; `undo` is the link that undoes it. */
export const factorAddedMail = ({ email, name }: Owner, undo: LinkFacts | null): QueuedMail[] =>
  email === null ? [] : [queuedMail('second_factor_added', email, { name, undo })]

/** The mail that tells them that it was removed, and whether an administrator removed the passkeys too. */
export const factorRemovedMail = ({ email, name }: Owner, passkeys = false): QueuedMail[] =>
  email === null ? [] : [queuedMail('second_factor_removed', email, { name, passkeys })]
