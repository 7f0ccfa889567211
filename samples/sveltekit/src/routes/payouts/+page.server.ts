import { redirect } from '@sveltejs/kit'
import { requireSession } from 'torii-auth/sveltekit'
import type { PageServerLoad } from './$types'

export const load: PageServerLoad = (event) => {
  requireSession(event, () => redirect(303, '/account'), { level: 2 })
}
