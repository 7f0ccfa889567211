/**
 * Guards of passkeys and second factors that come from another system, each weakened alone. See storage.mjs for the form.
 */
const guard = (file, weakens, from, to, ...tests) => ({
  file: `packages/${file}.ts`,
  weakens,
  from,
  to,
  tests,
})
const passkeyUse = 'storage-postgres/src/tables/passkeys/passkey-use'
const conformance = 'storage-postgres/src/test/conformance.test'
const unknownHandle = 'auth/src/services/passkey/unknown-handle'

const handleMutations = [
  guard(
    passkeyUse,
    'a second user handle of a passkey signs in',
    '(k.user_handle is null or ${usedHandle} is null or k.user_handle = ${usedHandle})',
    '(k.user_handle is null or ${usedHandle} is null or k.user_handle is not null)',
    conformance,
  ),
  guard(
    passkeyUse,
    'every use replaces the user handle',
    'user_handle = coalesce(k.user_handle, ${usedHandle})',
    'user_handle = ${usedHandle}',
    conformance,
  ),
  guard(
    'auth/src/webauthn/verify-authentication',
    'a response with any user handle is valid',
    'known === null || userHandle.equals(known)',
    'known === null || known.length > 0',
    'webauthn/verify',
  ),
  guard(
    'auth/src/services/passkey/authenticate',
    'the user handle of a response is not stored',
    'signCount, backedUp, userHandle })',
    'signCount, backedUp, userHandle: userHandle && null })',
    unknownHandle,
  ),
  guard(
    'auth/src/services/passkey/user-handle',
    'a passkey whose user handle is not known breaks the signals',
    'userHandle === null ? [] : [userHandle]',
    'userHandle === null ? [new Uint8Array()] : [userHandle]',
    unknownHandle,
  ),
]

const moving = 'storage-postgres/src/moving'
const factors = 'storage-postgres/src/command/import-factors'
const andExport = 'storage-postgres/src/command/import-and-export'

const batchMutations = [
  guard(
    `${moving}/import-batch`,
    'a passkey that another account has keeps an account without address and sign-in method',
    "where not ${isThere(`${schema}.passkeys x where x.credential_id = pg_catalog.decode(p.credential_id, 'base64')`)}",
    'where p.ord >= 0',
    factors,
  ),
  guard(
    `${moving}/import-batch`,
    'an account that has a passkey and loses its address is skipped',
    'or o.ord is not null or p.ord is not null)',
    'or o.ord is not null or (p.ord is null and false))',
    factors,
  ),
  guard(
    `${moving}/import-batch`,
    'an imported second factor does not count',
    'case when k.factor_in_force then 0 end',
    'case when k.factor_in_force then -1 end',
    factors,
  ),
  guard(
    `${moving}/import-batch`,
    'a code from before the import signs in',
    'greatest(k.factor_last_step, ${currentStep})',
    'k.factor_last_step',
    factors,
  ),
  guard(
    `${moving}/ready-factors`,
    'a second factor that cannot be read is dropped',
    'const inForce = { ...none, inForce: true }',
    'const inForce = { ...none, inForce: problem === null }',
    factors,
  ),
  guard(
    `${moving}/ready-factors`,
    'lost second factors are waived without being asked',
    'if (problem !== null && enrollLost)',
    'if (problem !== null)',
    factors,
  ),
  guard(
    `${moving}/ready-factors`,
    'a user with a lost factor is asked for no other',
    '{ ...none, enrolls: true }',
    '{ ...none, enrolls: false }',
    factors,
  ),
  guard(
    `${moving}/checked-factors`,
    'a second factor that makes no sense is none',
    'hasFactor ? (isReadable ? totp : null) : undefined',
    'hasFactor && isReadable ? totp : undefined',
    factors,
  ),
  guard(
    `${moving}/checked-factors`,
    'any number of recovery codes is computed',
    'count <= maxRecoveryCodes',
    'count >= 0',
    factors,
  ),
  guard(
    `${moving}/checked-passkeys`,
    'user verification that is not known counts as such',
    'given.userVerified ?? false',
    'given.userVerified ?? true',
    factors,
  ),
  guard(
    `${moving}/field-values`,
    'a year that PostgreSQL does not know ends the import',
    '/^(?!0000)\\d{4}-/',
    '/^/',
    factors,
  ),
  guard(
    `${moving}/export-users`,
    'an export brings a second factor back that no longer counts',
    'case when ${hasSecondFactor} then coalesce((',
    'case when u.id is not null then coalesce((',
    andExport,
  ),
  guard(
    `${moving}/export-users`,
    'an export brings passkeys back that no longer count',
    'where k.user_id = u.id and k.owner_epoch = u.owner_epoch',
    'where k.user_id = u.id',
    andExport,
  ),
  guard(
    `${moving}/export-users`,
    'an export brings replaced recovery codes back',
    'on t.user_id = c.user_id and t.recovery_generation = c.generation',
    'on t.user_id = c.user_id',
    andExport,
  ),
]

const importFactors = 'auth/src/command/import-factors'

const serviceMutations = [
  guard(
    importFactors,
    'a passkey is imported with bytes after its key',
    'read.end === key.length && ',
    '',
    factors,
  ),
  guard(
    importFactors,
    'a passkey is imported with a weak key',
    ' && isUsableKey(read.value)',
    '',
    factors,
  ),
  guard(
    importFactors,
    'a short secret is imported',
    'min: 10, max: 128',
    'min: 1, max: 512',
    factors,
  ),
  guard(
    importFactors,
    'a secret is imported whose codes are computed in another way',
    'if (!isLong || !isSupported(given))',
    'if (!isLong)',
    factors,
  ),
  guard(
    importFactors,
    'a ciphertext is imported that no key here decrypts',
    "readSecret(keys, encryptedTotpSecret(Buffer.from(value, 'base64')), userId) !== null",
    'value.length > 0',
    factors,
  ),
  guard(
    'auth/src/services/second-factors/stored-recovery-code',
    'recovery codes are imported that can be guessed',
    'const minImportedBits = 40',
    'const minImportedBits = 20',
    factors,
  ),
  guard(
    'auth/src/services/second-factors/stored-recovery-code',
    'an imported recovery code signs in to another account',
    "hmacCandidates('recovery-codes', [userId, code])",
    "hmacCandidates('recovery-codes', [code])",
    'second-factors/stored-recovery-code',
  ),
  guard(
    'auth/src/services/second-factors/stored-recovery-code',
    'an imported recovery code can be computed from the database',
    "isOwnCode(code) || keys.isEmpty) return [hashRecoveryCode(code)]\n  return keys.hmacCandidates('recovery-codes', [userId, code]).map(tokenHash)",
    'isOwnCode(code) || keys.isEmpty) return [hashRecoveryCode(code)]\n  return [tokenHash(Buffer.alloc(32, code))]',
    'second-factors/stored-recovery-code',
  ),
]

const statementMutations = [
  guard(
    'storage-postgres/src/tables/second-factors/recovery-codes',
    'a recovery code of another system is not found after a rotation of the keys',
    'x.code_hash = any (${codeHashes}) order by',
    'x.code_hash = (${codeHashes})[1] order by',
    conformance,
  ),
]

export const movingFactorMutations = [
  ...handleMutations,
  ...batchMutations,
  ...serviceMutations,
  ...statementMutations,
]
