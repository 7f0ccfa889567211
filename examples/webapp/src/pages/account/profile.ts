import { actionForm, field } from '../../form-parts.js'
import { html } from '../../html.js'
import { accountPath, signedInPage } from '../../page.js'
import { accountView, panel } from './account-frame.js'

export const profilePage = signedInPage(accountPath, async (call) => {
  const { user } = call.valid
  const methods = await call.site.torii.users.signInMethods(call.valid)
  const since = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
  return accountView(
    call,
    methods,
    panel({
      id: 'profile',
      title: 'Profile',
      lead: html`Member since <time datetime="${user.createdAt.toISOString()}">${since.format(user.createdAt)}</time>`,
      content: actionForm({
        action: 'save-profile',
        button: 'Save',
        content: html`${field({
          id: 'name',
          name: 'name',
          label: 'Name',
          autocomplete: 'name',
          value: user.name,
          required: false,
        })}
${field({
  id: 'picture',
  name: 'picture',
  label: 'Picture',
  type: 'url',
  autocomplete: 'photo',
  value: user.picture,
  required: false,
  hint: 'The https URL of an image.',
})}`,
      }),
    }),
  )
})
