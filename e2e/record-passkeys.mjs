/**
 * `node e2e/record-passkeys.mjs` after `npm run e2e` has installed its packages: records what Chromium sends when
 * a page creates and uses passkeys of its virtual authenticators. The unit tests of WebAuthn verify the recorded
 * responses. `CHROMIUM` names another browser than Debian's.
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const output = new URL(
  '../packages/auth/src/webauthn/chromium-responses.test.support.ts',
  import.meta.url,
)
const site = 'https://app.example/'
const portal = 'https://portal.example/'

const synced = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  defaultBackupEligibility: true,
  defaultBackupState: true,
}
const securityKey = { protocol: 'ctap2', transport: 'usb', hasResidentKey: false }
const [eddsa, es256, rs256] = [-8, -7, -257]

const recordings = [
  { name: 'synced passkey, ES256', authenticator: synced, algorithm: es256 },
  { name: 'synced passkey, EdDSA', authenticator: synced, algorithm: eddsa },
  { name: 'synced passkey, RS256', authenticator: synced, algorithm: rs256 },
  { name: 'in a frame of another origin', authenticator: synced, algorithm: es256, framed: true },
  { name: 'security key, ES256', authenticator: securityKey, algorithm: es256 },
  {
    name: 'U2F security key',
    authenticator: { ...securityKey, protocol: 'u2f' },
    algorithm: es256,
  },
  {
    name: 'with extension outputs',
    authenticator: { ...synced, hasCredBlob: true, hasMinPinLength: true },
    algorithm: es256,
    extensions: {
      credentialProtectionPolicy: 'userVerificationOptionalWithCredentialIDList',
      minPinLength: true,
      credBlob: [1, 2, 3],
    },
  },
  {
    name: 'with a certificate',
    authenticator: securityKey,
    algorithm: es256,
    attestation: 'direct',
  },
]

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
try {
  const recorded = []
  for (const recording of recordings) recorded.push(await record(recording))
  writeFileSync(output, fileText(browser.version(), recorded))
  console.log(`${fileURLToPath(output)}: ${recorded.length} passkeys; format it`)
} finally {
  await browser.close()
}

async function record({ name, authenticator, framed = false, ...ceremony }) {
  const context = await browser.newContext()
  await serve(context, site, '<h1>Site</h1>')
  await serve(
    context,
    portal,
    `<iframe name="site" src="${site}" allow="publickey-credentials-create *; publickey-credentials-get *"></iframe>`,
  )
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { automaticPresenceSimulation: true, ...authenticator },
  })
  await page.goto(framed ? portal : site)
  const frame = framed ? page.frame('site') : page.mainFrame()
  const responses = await frame.evaluate(createAndUse, {
    ...ceremony,
    challenges: [0, 1, 2].map(() => randomBytes(32).toString('base64url')),
    userHandle: randomBytes(64).toString('base64url'),
  })
  await context.close()
  return { name, topOrigin: framed ? new URL(portal).origin : null, ...responses }
}

function serve(context, url, body) {
  return context.route(`${url}**`, (route) => route.fulfill({ contentType: 'text/html', body }))
}

/** Runs in the page: creates one passkey and signs in with it twice. */
async function createAndUse({
  algorithm,
  attestation = 'none',
  extensions = {},
  challenges,
  userHandle,
}) {
  const [challenge, ...others] = challenges
  const { credBlob, ...plain } = extensions
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON({
    challenge,
    rp: { id: 'app.example', name: 'Site' },
    user: { id: userHandle, name: 'person@example.com', displayName: 'Person' },
    pubKeyCredParams: [{ type: 'public-key', alg: algorithm }],
    timeout: 10_000,
    attestation,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  })
  publicKey.extensions = {
    ...plain,
    ...(credBlob === undefined ? {} : { credBlob: Uint8Array.from(credBlob) }),
  }
  const created = await navigator.credentials.create({ publicKey })
  const authentications = []
  for (const asked of others) {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON({
      challenge: asked,
      rpId: 'app.example',
      timeout: 10_000,
      userVerification: 'preferred',
      allowCredentials: [{ type: 'public-key', id: created.id }],
    })
    const used = await navigator.credentials.get({ publicKey: options })
    authentications.push({ challenge: asked, response: used.toJSON() })
  }
  return { userHandle, registration: { challenge, response: created.toJSON() }, authentications }
}

function fileText(version, recorded) {
  return `/**
 * Responses of Chromium ${version} with its virtual authenticators, on https://app.example with the RP id
 * \`app.example\`, recorded by e2e/record-passkeys.mjs on ${new Date().toISOString().slice(0, 10)}. The private keys are lost.
 */
export interface RecordedPasskey {
  readonly name: string
  /** The origin of the page around the frame; null without a frame. */
  readonly topOrigin: string | null
  readonly userHandle: string
  readonly registration: RecordedCeremony
  readonly authentications: readonly RecordedCeremony[]
}

/** The challenge of the options and the JSON that the browser sent. */
interface RecordedCeremony {
  readonly challenge: string
  readonly response: {
    readonly id: string
    readonly rawId: string
    readonly type: string
    readonly authenticatorAttachment: string
    readonly clientExtensionResults: object
    readonly response: Readonly<Record<string, unknown>>
  }
}

export const chromiumResponses: readonly RecordedPasskey[] = ${JSON.stringify(recorded, null, 2)}
`
}
