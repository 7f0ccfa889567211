// The messages of errors, by the codes of docs/errors.md and of torii-auth/browser.

/** The codes whose message comes from the server, which knows the field, the rule or the waiting time. */
const servers = new Set(
  `invalid_input fields_rejected password_rejected invalid_code second_factor_required password_sign_in_required
  invalid_credentials email_taken refused_by_application account_disabled email_code_required factor_required last_method too_many too_many_attempts
  provider_failed busy unavailable already_exists conflict unsupported misconfigured not_enabled network`.split(
    /\s+/,
  ),
)

const sentences = {
  invalid_token: 'This link or code has expired or was already used. Start again.',
  unauthenticated: 'Your session has ended. Sign in to continue.',
  level_required: 'Nothing was changed. Confirm your identity to continue.',
  reauthentication_required: 'Nothing was changed. Confirm your identity to continue.',
  passkey_rejected: 'This passkey could not be verified. Try again or use another passkey.',
  cancelled: 'The passkey prompt was canceled. Try again.',
  not_found: 'This no longer exists. Reload the page.',
}

const fault =
  'Something went wrong. Reload the page. If it happens again, contact the administrator.'

/** The message of an error. `words` are those of the action. */
export function explain({ error, message }, words = {}) {
  if (words[error] !== undefined) return words[error]
  // The message may start with the name of a field.
  if (servers.has(error) && message) return message.charAt(0).toUpperCase() + message.slice(1)
  return sentences[error] ?? fault
}
