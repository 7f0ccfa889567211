/** Holds while the user `user` has a second factor. A first proof of the mailbox raises the owner epoch, and ends it. */
export const hasSecondFactorOf = (user: string): string =>
  `coalesce(${user}.second_factor_epoch = ${user}.owner_epoch, false)`

/** {@link hasSecondFactorOf} the user `u`. */
export const hasSecondFactor = hasSecondFactorOf('u')

/** Of the user `u`, whom the statement has locked: what opening a session needs to know. */
export const signInColumns = `u.session_epoch, u.owner_epoch, ${hasSecondFactor} as has_factor`
