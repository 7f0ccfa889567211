import { actionForm, field } from '../form-parts.js'
import type { Html } from '../html.js'

/** A form with an email address and a button. */
export const addressForm = (action: string, button: string): Html =>
  actionForm({
    action,
    button,
    content: field({
      id: 'email',
      name: 'email',
      label: 'Email',
      type: 'email',
      autocomplete: 'username',
    }),
  })
