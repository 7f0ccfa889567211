/**
 * Whether a statement is the question for the database's time, which a storage asks once for each connection and once a
 * minute: no part of the operation that happens to come then.
 */
export const isClockQuestion = (text: string): boolean => text.includes('pg_postmaster_start_time')
