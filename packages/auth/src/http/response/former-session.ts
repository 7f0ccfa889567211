import type { SessionToken } from 'torii-core'
import type { Torii } from '../../torii.js'

/**
 * Ends the session whose cookie a new one replaces, unless both are the same: a form that is sent twice is answered by the
 * session that the browser may have received already. A failure is logged: the user is already signed in.
 * @see OWASP ASVS 5.0, 7.2.4
 */
export async function endFormerSession(
  torii: Torii<object>,
  former: string | null,
  token: SessionToken,
): Promise<void> {
  if (former === null || former === token.reveal()) return
  try {
    await torii.sessions.signOut(former)
  } catch (error) {
    torii.options.log({ level: 'warn', event: 'former_session_not_ended', error })
  }
}
