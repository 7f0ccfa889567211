/**
 * Whether a signature count is accepted after the stored one: it rose, or the authenticator keeps none
 * (both 0). Anything else may be a copy of the key, and is refused: synced passkeys, whose copies are
 * meant, count 0. The storage judges the same again, in the statement that writes it.
 * @see WebAuthn Level 3, sections 6.1.1 and 7.2 step 22
 */
export const countAccepted = (stored: number, given: number): boolean =>
  given > stored || (given === 0 && stored === 0)
