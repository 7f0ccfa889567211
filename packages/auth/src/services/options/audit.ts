import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import { defaults } from './defaults.js'

/** The options of the audit trail. */
export interface AuditOptions {
  /** Seconds after which the sweep deletes an event (default: one year). */
  readonly retentionSeconds: number
}

/** Ten years. */
const maxRetentionSeconds = 315_360_000

/** Returns null if the audit trail is off. @throws InvalidOptionsError */
export function resolveAudit(value: unknown): AuditOptions | null {
  if (value === undefined || value === false) return null
  if (value !== true && typeof value !== 'object')
    throw new InvalidOptionsError('audit', 'must be true, false or { retentionSeconds }')
  const given = value === true ? {} : readSection(value, 'audit', Object.keys(defaults.audit))
  const rule = { min: 60, max: maxRetentionSeconds, otherwise: defaults.audit.retentionSeconds }
  return Object.freeze({
    retentionSeconds: readWholeNumber(given.retentionSeconds, 'audit.retentionSeconds', rule),
  })
}
