import type { PasskeyCredential, PasskeyId, UserId } from 'torii-core'

/** What every statement that answers with a credential selects; `k` is the passkeys row, `u` its user's. */
export const credentialColumns = `
  k.id, k.user_id, k.credential_id, k.public_key, k.sign_count::float8 as sign_count, k.user_handle,
  k.backup_eligible, k.transports, u.session_epoch, u.owner_epoch`

export interface CredentialRow {
  id: PasskeyId
  user_id: UserId
  credential_id: Uint8Array
  public_key: Uint8Array
  sign_count: number
  user_handle: Uint8Array | null
  backup_eligible: boolean
  transports: string[]
  session_epoch: number
  owner_epoch: number
}

export const toCredential = (row: CredentialRow): PasskeyCredential => ({
  id: row.id,
  userId: row.user_id,
  credentialId: row.credential_id,
  publicKey: row.public_key,
  signCount: row.sign_count,
  userHandle: row.user_handle,
  backupEligible: row.backup_eligible,
  transports: row.transports,
  epochs: { session: row.session_epoch, owner: row.owner_epoch },
})
