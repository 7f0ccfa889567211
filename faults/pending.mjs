/**
 * The schedules that the product does not pass yet: the protection that each waits for, and the violations that it shows until
 * then. A run prints them and does not count them. Another violation fails the run, and so does a schedule that passes: take
 * it off this list.
 */
const lateWrites = {
  reason: 'write deadlines',
  violations: [
    'used twice',
    'used or replaced token is alive',
    'revoked session is alive',
    'deleted account is back',
    'disabled user is enabled again',
    'older value over a newer one',
  ],
}

export const pending = {
  'late-delivery': lateWrites,
  'late-backend': lateWrites,
  'silent-network': { reason: 'one deadline per call', violations: ['late call'] },
  'starved-reads': { reason: 'reserved read connections', violations: ['late call'] },
}
