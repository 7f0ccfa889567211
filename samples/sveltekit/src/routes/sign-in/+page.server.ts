import { fail, redirect } from '@sveltejs/kit'
import { auth, torii } from '$lib/server/auth'
import type { Actions } from './$types'

export const actions: Actions = {
  async default({ request, cookies, getClientAddress }) {
    const form = await request.formData()
    const given = { email: String(form.get('email')), password: String(form.get('password')) }
    const info = auth.requestInfo(request, { ip: getClientAddress() })
    const outcome = await torii.password.authenticate(given, info)
    if (!outcome.ok && outcome.reason === 'second_factor_required') {
      auth.setPendingCookie(cookies, outcome.pending)
      redirect(303, '/auth/second-factors/verify')
    }
    if (!outcome.ok) return fail(401, { error: outcome.reason })
    await auth.setSessionCookie(cookies, outcome, request)
    redirect(303, '/account')
  },
}
