/** Every table of the schema, those that others refer to last. */
export const tableNames = [
  'audit_events',
  'rate_limits',
  'magic_links',
  'verification_tokens',
  'used_oauth_states',
  'late_writes',
  'global_epoch',
  'sweep_lease',
  'passkey_challenges',
  'pending_sign_ins',
  'trusted_browsers',
  'totp_enrollments',
  'recovery_codes',
  'totp_factors',
  'sessions',
  'passwords',
  'oauth_accounts',
  'passkeys',
  'imported_sessions',
  'imported_users',
  'user_emails',
  'users',
] as const

/** The table of the migrations that were applied. */
export const historyTable = 'torii_migrations'
