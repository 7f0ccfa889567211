type Library = typeof import('@simplewebauthn/server')

let loading: Promise<Library> | null = null

/**
 * `@simplewebauthn/server`, loaded when first needed: it takes longer to load than all the rest of us, and
 * many processes never see a passkey.
 */
export function webAuthnLibrary(): Promise<Library> {
  loading ??= import('@simplewebauthn/server')
  return loading
}

/** Begins to load it. A failure is told to whoever then needs it. */
export function loadWebAuthnLibrary(): void {
  webAuthnLibrary().catch(() => undefined)
}
