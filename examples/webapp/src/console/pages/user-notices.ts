import type { Html } from '../../html.js'
import { html } from '../../html.js'

/** The result of an action, by its name in the URL. The URL never holds the text. */
const notices = {
  disabled:
    'Account disabled. All sessions have ended, and sign-in is blocked until you enable the account.',
  enabled: 'Account enabled. The user can sign in again. Former sessions stay ended.',
  unlocked: 'Account unlocked. Its attempts were reset.',
  cleared: 'The account was not locked. Its attempts were reset.',
  'session-ended': 'Session ended.',
  'sessions-ended': 'All sessions ended.',
  'no-session': 'This session had already ended.',
  'factors-reset':
    'Second factors removed. All sessions have ended, and signing in asks for no code.',
  'no-factors': 'The account has no second factor.',
  gone: 'The account no longer exists.',
} as const

export type UserNotice = keyof typeof notices

const texts: ReadonlyMap<string, string> = new Map(Object.entries(notices))

/** The notice takes the focus, so that screen readers read it first. */
export function userNotice(query: URLSearchParams): Html | null {
  const text = texts.get(query.get('done') ?? '')
  return text === undefined
    ? null
    : html`<p class="notice" role="status" tabindex="-1" autofocus>${text}</p>`
}
