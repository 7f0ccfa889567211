import type { Html } from '../../html.js'
import { html } from '../../html.js'

/** What became of an act, by the name in the address: the text is never taken from there. */
const notices = {
  disabled: 'Disabled: every session has ended, and nobody gets in until you enable the account.',
  enabled: 'Enabled: the person can sign in again. Sessions from before stay ended.',
  unlocked: 'Unlocked: what was counted against the account is forgotten.',
  cleared: 'Nothing was locked. What was counted against the account is forgotten.',
  'session-ended': 'The session has ended.',
  'sessions-ended': 'Every session has ended.',
  'no-session': 'There was no such session any more.',
  gone: 'The account was gone already.',
} as const

export type UserNotice = keyof typeof notices

const texts: ReadonlyMap<string, string> = new Map(Object.entries(notices))

/** Takes the focus, so that it is read out first. */
export function userNotice(query: URLSearchParams): Html | null {
  const text = texts.get(query.get('done') ?? '')
  return text === undefined
    ? null
    : html`<p class="notice" role="status" tabindex="-1" autofocus>${text}</p>`
}
