// What people read when something did not happen, by the codes of docs/errors.md and of torii-auth/browser.

/** Codes whose own sentence from the server says it best: it knows which field, which rule, which wait. */
const servers = new Set([
  'invalid_input',
  'password_rejected',
  'invalid_credentials',
  'email_taken',
  'account_disabled',
  'last_method',
  'too_many',
  'too_many_attempts',
  'provider_failed',
  'busy',
  'unavailable',
  'already_exists',
  'unsupported',
  'network',
])

const sentences = {
  invalid_token: 'This link or code has expired or was already used. Start again.',
  unauthenticated: 'Your session has ended. Sign in to continue.',
  reauthentication_required: 'Nothing was changed. Confirm your identity to continue.',
  passkey_rejected: 'This passkey could not be verified. Try again or use another one.',
  cancelled: 'The passkey prompt was canceled. Try again.',
  not_found: 'This no longer exists. Reload the page.',
}

const fault =
  'Something went wrong. Reload the page. If it happens again, contact the administrator.'

/** The sentence for a refusal. `words` are the act's own. */
export function explain(refusal, words = {}) {
  const { error, message } = refusal
  if (words[error] !== undefined) return words[error]
  // It may begin with the name of a field.
  if (servers.has(error) && message) return message.charAt(0).toUpperCase() + message.slice(1)
  return sentences[error] ?? fault
}
