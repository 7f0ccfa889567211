import { redirect } from '@sveltejs/kit'
import { requireSession, requireUser } from 'torii-auth/sveltekit'
import { auth, torii } from '$lib/server/auth'
import type { Actions, PageServerLoad } from './$types'

const signIn = () => redirect(303, '/sign-in')

export const load: PageServerLoad = (event) => ({ email: requireUser(event, signIn).email })

export const actions: Actions = {
  async default(event) {
    const valid = requireSession(event, signIn)
    await torii.sessions.revoke(valid, valid.session.id)
    auth.clearSessionCookie(event.cookies)
    redirect(303, '/sign-in')
  },
}
