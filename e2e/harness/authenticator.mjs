/** A passkey authenticator inside the browser, by the DevTools protocol. */

/**
 * Adds one to the page. It answers nothing until it is told to, since the sign-in page asks in the background.
 * @param verifies whether it can tell who is there (PIN, finger, face)
 * @param discoverable whether it keeps passkeys that are found without an address
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
    /** Runs `work` while the person touches whatever asks. */
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
    /** Puts the one passkey back with another counter, as a copy made earlier would have. */
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

/** A browser that offers no passkeys among its suggestions: only the button uses one. */
export const withoutSuggestions = (page) =>
  page.addInitScript(() => {
    window.PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })
