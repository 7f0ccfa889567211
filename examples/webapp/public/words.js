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
  invalid_token: 'That took too long, or it has been used already. Please start again.',
  unauthenticated: 'Your session has ended. Sign in to go on.',
  reauthentication_required: 'Nothing was changed: confirm that it is you first.',
  passkey_rejected: 'This passkey did not pass. Try again, or use another one.',
  cancelled: 'No passkey was used. Try again when you are ready.',
  not_found: 'That is no longer here. Load the page again.',
}

const fault =
  'Something went wrong. Load the page again, and tell whoever runs this site if it stays.'

/** The sentence for a refusal. `words` are the act's own. */
export function explain(refusal, words = {}) {
  const { error, message } = refusal
  if (words[error] !== undefined) return words[error]
  // It may begin with the name of a field.
  if (servers.has(error) && message) return message.charAt(0).toUpperCase() + message.slice(1)
  return sentences[error] ?? fault
}
