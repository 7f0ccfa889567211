import type { ServerInit } from '@sveltejs/kit'
import { createHandle } from 'torii-auth/sveltekit'
import { auth, openTorii } from '$lib/server/auth'

export const init: ServerInit = openTorii

/** Torii serves the paths below its `basePath`; every other page can read `locals.signedIn`. */
export const handle = createHandle(() => auth)
