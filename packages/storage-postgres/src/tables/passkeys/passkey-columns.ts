import type { Passkey, PasskeyId } from 'torii-core'
import { parameter } from '../../sql/parameter.js'
import { milliseconds, toDate, toDateOrNull } from '../../sql/time.js'

/** 2^32 - 1, the largest count an authenticator can have. */
export const maxSignCount = 4_294_967_295

export const credentialId = parameter('credentialId', 'bytea')<Uint8Array>()
export const signCount = parameter('signCount', 'bigint')<number>()
export const backedUp = parameter('backedUp', 'boolean')<boolean>()
export const name = parameter('name', 'text')<string>()

/** What every statement that returns a passkey selects; `k` is the passkeys row. */
export const passkeyColumns = `
  k.id, k.name, ${milliseconds('k.created_at')} as created_at, ${milliseconds('k.last_used_at')} as last_used_at,
  k.backup_eligible, k.backed_up, k.aaguid, k.transports`

export interface PasskeyRow {
  id: PasskeyId
  name: string
  created_at: number
  last_used_at: number | null
  backup_eligible: boolean
  backed_up: boolean
  aaguid: string
  transports: string[]
}

export const toPasskey = (row: PasskeyRow): Passkey => ({
  id: row.id,
  name: row.name,
  createdAt: toDate(row.created_at),
  lastUsedAt: toDateOrNull(row.last_used_at),
  backupEligible: row.backup_eligible,
  backedUp: row.backed_up,
  aaguid: row.aaguid,
  transports: row.transports,
})
