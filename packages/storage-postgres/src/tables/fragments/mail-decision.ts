import type { MailDecision } from 'torii-core'
import type { MailVerdictRow } from './rate-limit-charging.js'
import { toMailCharge } from './rate-limit-charging.js'

export interface MailRow extends MailVerdictRow {
  send_to: string | null
}

/** A spent allowance sends nothing and is not revealed. */
export function toMailDecision(row: MailRow): MailDecision {
  const charged = toMailCharge(row)
  return charged.ok ? { ok: true, to: charged.allowed ? row.send_to : null } : charged
}
