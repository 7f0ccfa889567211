import { escapeHtml } from '../../mail/text.js'
import type { PageParts } from './page.js'

/** The page of a sign-in at a provider that was refused: what happened, and the way back. */
export const renderSignInError = (
  appName: string,
  { message, back }: { readonly message: string; readonly back: string },
): PageParts => ({
  appName,
  heading: 'Sign-in failed',
  content: `<p>${escapeHtml(message)}</p>
<p><a href="${escapeHtml(back)}">Back to ${escapeHtml(appName)}</a></p>`,
})
