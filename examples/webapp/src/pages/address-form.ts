import { actForm, field } from '../form-parts.js'
import type { Html } from '../html.js'

/** A form of an address and a button. */
export const addressForm = (act: string, button: string): Html =>
  actForm({
    act,
    button,
    content: field({
      id: 'email',
      name: 'email',
      label: 'E-mail',
      type: 'email',
      autocomplete: 'username',
    }),
  })
