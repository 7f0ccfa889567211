import { statementTime as now } from '../../sql/time.js'
import { globalEpoch } from './global-epoch.js'

/** Holds for a challenge `c` that has neither expired nor been revoked with everything. */
export const challengeIsCurrent = (schema: string) =>
  `c.expires_at > ${now} and c.global_epoch = ${globalEpoch(schema)}`
