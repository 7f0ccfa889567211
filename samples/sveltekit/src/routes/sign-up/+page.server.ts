import { fail, redirect } from '@sveltejs/kit'
import { auth, torii } from '$lib/server/auth'
import type { Actions } from './$types'

const messages = new Map<string, string>([
  ['email_taken', 'There is an account with this email address. Sign in instead.'],
])

export const actions: Actions = {
  async default({ request, cookies, getClientAddress }) {
    const form = await request.formData()
    const given = { email: String(form.get('email')), password: String(form.get('password')) }
    const info = auth.requestInfo(request, { ip: getClientAddress() })
    const outcome = await torii.password.register(given, info)
    if (!outcome.ok) {
      const rejected = outcome.reason === 'password_rejected' ? outcome.problem.message : null
      const other = messages.get(outcome.reason) ?? 'Registration failed. Try again later.'
      return fail(422, { message: rejected ?? other })
    }
    // Without a mailer a new account is signed in; with one its email address is verified first.
    if (outcome.session !== null) await auth.setSessionCookie(cookies, outcome, request)
    redirect(303, '/account')
  },
}
