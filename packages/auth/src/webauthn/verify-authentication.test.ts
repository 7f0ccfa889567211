import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import { readAuthenticationAnswer, readRegistrationAnswer } from './answer.js'
import type { AuthenticatorModel, Knobs } from './authenticator.test.support.js'
import { SoftwareAuthenticator } from './authenticator.test.support.js'
import type { Encodable } from './cbor.test.support.js'
import { offeredAlgorithms } from './credential-key.js'
import { isDerSignature } from './ecdsa-signature.js'
import type { PasskeyPolicy, PasskeyProblem } from './verification.js'
import type { StoredCredential } from './verify-authentication.js'
import { verifyAuthentication } from './verify-authentication.js'
import { verifyRegistration } from './verify-registration.js'

const policy: PasskeyPolicy = {
  rpId: 'app.example',
  origins: ['https://app.example', 'https://www.app.example'],
  topOrigins: [],
  userVerification: 'required',
  algorithms: offeredAlgorithms,
}
const challenge = randomBytes(32).toString('base64url')
const userHandle = randomBytes(64)

/** A registered authenticator and what is stored of it. */
async function registered(model: AuthenticatorModel = {}, knobs: Knobs = {}) {
  const authenticator = new SoftwareAuthenticator(model)
  const options = {
    challenge,
    rp: { id: 'app.example' },
    user: { id: userHandle.toString('base64url') },
  }
  const answer = readRegistrationAnswer(authenticator.create(options, knobs))
  const verdict = await verifyRegistration(answer, challenge, policy)
  assert.ok(verdict.ok)
  const stored: StoredCredential = { ...verdict.credential, userHandle }
  return { authenticator, stored }
}

interface Setting {
  readonly model?: AuthenticatorModel
  readonly discoverable?: boolean
  readonly policy?: Partial<PasskeyPolicy>
}

async function authenticate(knobs: Knobs, setting: Setting = {}) {
  const { authenticator, stored } = await registered(setting.model)
  const sent = authenticator.get({ challenge, rpId: 'app.example' }, knobs)
  const { discoverable = true } = setting
  return verifyAuthentication(
    readAuthenticationAnswer(sent),
    stored,
    { challenge, discoverable },
    { ...policy, ...setting.policy },
  )
}

const problemOf = async (knobs: Knobs, setting?: Setting) => {
  const verdict = await authenticate(knobs, setting)
  return verdict.ok ? null : verdict.problem
}

const somebodyElse = randomBytes(64).toString('base64url')

describe('authenticating', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    test(`T7.85 an honest answer under ${algorithm} is accepted, and read as it is`, async () => {
      const verdict = await authenticate(
        { signCount: 9, backedUp: false },
        { model: { algorithm } },
      )
      assert.deepEqual(verdict, { ok: true, signCount: 9, backedUp: false })
    })

  test('T7.85 each of the configured origins is accepted', async () => {
    assert.equal(await problemOf({ origin: 'https://www.app.example' }), null)
  })

  const steps: readonly [step: string, knobs: Knobs, problem: PasskeyProblem][] = [
    ['5 another credential', { credentialId: randomBytes(32) }, 'credential_id'],
    ['6 nobody was named and nobody is', { userHandle: null }, 'user_handle'],
    ['6 somebody else', { userHandle: somebodyElse }, 'user_handle'],
    ['10 type of a registration', { clientData: { type: 'webauthn.create' } }, 'ceremony'],
    ['10 type of a payment', { clientData: { type: 'payment.get' } }, 'ceremony'],
    ['11 another challenge', { clientData: { challenge: 'AAAA' } }, 'challenge'],
    ['12 another origin', { origin: 'https://app.example.evil' }, 'origin'],
    ['12 plain http', { origin: 'http://app.example' }, 'origin'],
    ['13 inside a frame', { clientData: { crossOrigin: true } }, 'cross_origin'],
    [
      '14 inside a frame of a page it names',
      { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
      'cross_origin',
    ],
    [
      '14 a top origin without a frame',
      { clientData: { topOrigin: 'https://x.example' } },
      'cross_origin',
    ],
    ['15 another RP id', { rpId: 'evil.example' }, 'rp_id'],
    ['16 nobody present', { userPresent: false }, 'user_presence'],
    ['17 nobody verified', { userVerified: false }, 'user_verification'],
    [
      '18 backed up, though it cannot be',
      { backupEligible: false, backedUp: true },
      'backup_state',
    ],
    [
      '19 no longer eligible for backup',
      { backupEligible: false, backedUp: false },
      'backup_eligibility',
    ],
    ['21 another signature', { signature: () => randomBytes(70) }, 'signature'],
    ['21 no more than one byte of it', { signature: () => Buffer.of(0) }, 'signature'],
  ]
  for (const [step, knobs, problem] of steps)
    test(`T7.85 7.2 step ${step}: ${problem}`, async () => {
      assert.equal(await problemOf(knobs), problem)
    })

  test('T7.85 7.2 step 6 somebody who was named need not be named again, but must be the same', async () => {
    assert.equal(await problemOf({ userHandle: null }, { discoverable: false }), null)
    assert.equal(await problemOf({}, { discoverable: false }), null)
    const other = { userHandle: somebodyElse }
    assert.equal(await problemOf(other, { discoverable: false }), 'user_handle')
  })

  test('T7.85 7.2 step 17 user verification is optional where the options say so', async () => {
    const setting = { policy: { userVerification: 'preferred' } } as const
    assert.equal(await problemOf({ userVerified: false }, setting), null)
  })

  test('T7.85 7.2 step 19 a passkey that could not be backed up never becomes one that can', async () => {
    const model = { backupEligible: false, backedUp: false }
    assert.equal(await problemOf({}, { model }), null)
    assert.equal(await problemOf({ backupEligible: true }, { model }), 'backup_eligibility')
  })

  test('T7.85 7.2 step 21 the signature of another key, another challenge or another site is refused', async () => {
    const one = await registered()
    const other = await registered()
    const expected = { challenge, discoverable: true }
    const id = one.authenticator.credentialId
    const sent = other.authenticator.get({ challenge, rpId: 'app.example' }, { credentialId: id })
    const verdict = await verifyAuthentication(
      readAuthenticationAnswer(sent),
      one.stored,
      expected,
      policy,
    )
    assert.deepEqual(verdict, { ok: false, problem: 'signature' })
  })

  test('T7.85 7.2 step 23 extensions nobody asked for are ignored', async () => {
    const extensions = new Map<string, Encodable>([['uvm', [[2, 4, 2]]]])
    assert.equal(await problemOf({ extensions }), null)
  })

  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    test(`T7.84 every single bit under ${algorithm} counts`, async () => {
      const { authenticator, stored } = await registered({ algorithm })
      const sent = authenticator.get({ challenge, rpId: 'app.example' })
      const accepted: string[] = []
      for (const part of ['signature', 'authenticatorData'] as const) {
        const bytes = Buffer.from(sent.response[part], 'base64url')
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const changed = Buffer.from(bytes)
          changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
          const response = { ...sent.response, [part]: changed.toString('base64url') }
          if (await passes({ ...sent, response }, stored)) accepted.push(`${part} bit ${bit}`)
        }
      }
      assert.deepEqual(accepted, [])
    })

  test('the signature of ECDSA has one spelling', async () => {
    const { authenticator, stored } = await registered()
    const padded = (signature: Buffer) => {
      const content = Buffer.concat([
        Buffer.of(2, signature.readUInt8(3) + 1, 0),
        signature.subarray(4),
      ])
      return Buffer.concat([Buffer.of(0x30, content.length), content])
    }
    const spellings: ((signature: Buffer) => Buffer)[] = [
      (signature) => Buffer.concat([signature, Buffer.of(0)]),
      padded,
      (signature) => Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)]),
    ]
    assert.ok(isDerSignature(authenticator.sign(Buffer.of(1))))
    for (const signature of spellings) {
      const sent = authenticator.get({ challenge, rpId: 'app.example' }, { signature })
      assert.equal(await passes(sent, stored), false)
    }
  })
})

async function passes(sent: unknown, stored: StoredCredential): Promise<boolean> {
  try {
    const answer = readAuthenticationAnswer(sent)
    return (await verifyAuthentication(answer, stored, { challenge, discoverable: true }, policy))
      .ok
  } catch {
    return false
  }
}
