/** A security key, the device of the browser, or another device such as a phone. @see WebAuthn Level 3, section 5.8.7 */
export type PasskeyHint = 'security-key' | 'client-device' | 'hybrid'

/** Every hint. */
export const passkeyHints: readonly PasskeyHint[] = Object.freeze([
  'security-key',
  'client-device',
  'hybrid',
])
