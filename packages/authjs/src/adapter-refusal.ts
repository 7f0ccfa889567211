/** Why the adapter refused a call. */
export type AdapterRefusalReason =
  /** Another account has this email address. */
  | 'email_taken'
  /** The provider gave no email address, and an account needs one. */
  | 'email_missing'
  /** The user does not exist, or an administrator disabled the account. */
  | 'account_disabled'
  /** The user has a second factor, which Auth.js cannot ask for. */
  | 'second_factor_required'
  /** The account or the authenticator is linked already, to this or another user. */
  | 'already_exists'
  /** It is the user's only sign-in method. */
  | 'last_method'
  /** The user has the maximum number of authenticators. */
  | 'too_many'
  /** There is no such user, account or authenticator. */
  | 'not_found'
  /** The counter of a single-device authenticator did not rise: it may have been copied. */
  | 'counter_regression'
  /** Torii does this in another way; the message says in which. */
  | 'not_supported'

/**
 * Thrown when a call of the adapter is refused. Auth.js makes it the cause of its own `AdapterError`, logs both, and shows
 * its error page. The message contains no email address and no secret.
 */
export class AdapterRefusal extends Error {
  readonly reason: AdapterRefusalReason

  constructor(reason: AdapterRefusalReason, message: string) {
    super(message)
    this.name = 'AdapterRefusal'
    this.reason = reason
  }
}

export const accountDisabled = (): AdapterRefusal =>
  new AdapterRefusal('account_disabled', 'the account does not exist or is disabled')
