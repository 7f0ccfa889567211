/** A virtual passkey authenticator in the browser, through the DevTools protocol. */

/**
 * Adds an authenticator to the page. It does not respond until it is allowed to, since the sign-in page starts a
 * request in the background.
 * @param verifies whether it supports user verification (PIN, fingerprint, face)
 * @param discoverable whether it stores passkeys that are found without an email address
 */
export async function addAuthenticator(page, { verifies = true, discoverable = true } = {}) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: discoverable ? 'internal' : 'usb',
      hasResidentKey: discoverable,
      hasUserVerification: verifies,
      isUserVerified: verifies,
      automaticPresenceSimulation: false,
    },
  })
  const touch = (enabled) =>
    devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
  const credentials = async () =>
    (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  return {
    credentials,
    /** Runs `work` while the user approves every request. */
    async touchedDuring(work) {
      await touch(true)
      try {
        return await work()
      } finally {
        await touch(false)
      }
    },
    setVerified: (isUserVerified) =>
      devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    /** Puts a passkey back that was deleted, as a device does that was offline meanwhile. */
    restore: (credential) =>
      devtools.send('WebAuthn.addCredential', { authenticatorId, credential }),
    /** Restores the passkey with another counter, as an earlier copy would have. */
    async rewind(signCount) {
      const [credential] = await credentials()
      const { credentialId } = credential
      await devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId })
      await devtools.send('WebAuthn.addCredential', {
        authenticatorId,
        credential: { ...credential, signCount },
      })
    },
  }
}

/** A browser without passkeys among its suggestions: only the button uses one. */
export const withoutSuggestions = (page) =>
  page.addInitScript(() => {
    window.PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })
