import type { Connection } from '../driver/driver.js'
import type { Finding } from './finding.js'

/** What every check has: a connection outside of a transaction, and what it is compared with. */
export interface Examination {
  readonly connection: Connection
  /** Plain name. */
  readonly schema: string
  /** The host names of the URL, without ports. */
  readonly hosts: readonly string[]
  /** Milliseconds since 1970 by the clock of this machine. */
  readonly now: () => number
  /** Whether the connection had to do without named statements and start-up settings. */
  readonly isPooled: boolean
  readonly limits: DoctorLimits
}

/** From where on a number is worth a word. */
export interface DoctorLimits {
  /** Seconds between the clock of the database and that of this machine. A JWT allows a minute. */
  readonly clockSeconds: number
  /** Rows that expired more than a day ago. */
  readonly expiredRows: number
  /** Days since the last complete sweep, if there is something to sweep. */
  readonly sweepDays: number
}

export const doctorLimits: DoctorLimits = Object.freeze({
  clockSeconds: 5,
  expiredRows: 100_000,
  sweepDays: 7,
})

export type Check = (examination: Examination) => Promise<readonly Finding[]>

/** The one row that a question about the server returns. */
export async function ask<Row>(
  { connection }: Examination,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row> {
  const { rows } = await connection.query(text, values)
  return rows[0] as Row
}
