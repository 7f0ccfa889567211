/**
 * The schedules that the product does not pass yet, each with what it waits for. A run prints their violations and counts
 * them apart. One that passes fails the run: take it off this list.
 */
export const pending = {
  'late-delivery': 'write deadlines',
  'late-backend': 'write deadlines',
  'silent-network': 'one deadline per call',
  'starved-reads': 'reserved read connections',
  'cut-behind-pooler': 'error classes of poolers',
}
