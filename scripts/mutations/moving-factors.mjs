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

export const movingFactorMutations = [...handleMutations]
