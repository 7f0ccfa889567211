import { totpStepSeconds } from 'torii-core'
import { parameter } from '../../sql/parameter.js'
import { statementTime as now, seconds } from '../../sql/time.js'

/** The time step of a code that was found to be right. */
export const step = parameter('step', 'bigint')<number>()

/** The largest step that a number of JavaScript and the column hold. */
export const maxStep = Number.MAX_SAFE_INTEGER

/** SQL for the time step of this statement. @see RFC 6238, 4.2 */
export const currentStep = `pg_catalog.floor(${seconds(now)} / ${totpStepSeconds}::float8)::bigint`
