/**
 * The schedules that the product does not pass yet: the protection that each waits for, and the violations that it shows until
 * then. A run prints them and does not count them. Another violation fails the run, and so does a schedule that passes: take
 * it off this list.
 */
export const pending = {}
