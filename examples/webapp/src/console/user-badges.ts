import type { User } from 'torii-auth'
import type { Html } from '../html.js'
import { html } from '../html.js'

/** Notable states of an account. */
export const badges = ({ email, emailVerifiedAt, disabledAt }: User): readonly (Html | false)[] => [
  disabledAt !== null && html`<span class="badge">Disabled</span>`,
  email === null && html`<span class="badge quiet">No email address</span>`,
  email !== null && emailVerifiedAt === null && html`<span class="badge quiet">Not verified</span>`,
]
