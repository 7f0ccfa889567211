import type { SessionToken } from 'torii-core'
import type { Torii } from '../../torii.js'

/**
 * Ends the sessions whose cookies a new one replaces, unless it is the same: a form that is sent twice is answered by the
 * session that the browser may have received already. A failure is logged: the user is already signed in.
 * @see OWASP ASVS 5.0, 7.2.4
 */
export async function endFormerSessions(
  torii: Torii<object>,
  formers: readonly string[],
  token: SessionToken,
): Promise<void> {
  for (const former of formers) if (former !== token.reveal()) await endSession(torii, former)
}

async function endSession(torii: Torii<object>, former: string): Promise<void> {
  try {
    await torii.sessions.signOut(former)
  } catch (error) {
    torii.options.log({ level: 'warn', event: 'former_session_not_ended', error })
  }
}
