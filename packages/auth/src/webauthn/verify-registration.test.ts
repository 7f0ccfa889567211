import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import { readRegistrationAnswer } from './answer.js'
import type { KeyKind, Knobs } from './authenticator.test.support.js'
import { SoftwareAuthenticator } from './authenticator.test.support.js'
import type { Encodable } from './cbor.test.support.js'
import { offeredAlgorithms } from './credential-key.js'
import type { PasskeyPolicy, PasskeyProblem } from './verification.js'
import { verifyRegistration } from './verify-registration.js'

const policy: PasskeyPolicy = {
  rpId: 'app.example',
  origins: ['https://app.example'],
  topOrigins: [],
  userVerification: 'required',
  algorithms: offeredAlgorithms,
}
const options = {
  challenge: randomBytes(32).toString('base64url'),
  rp: { id: 'app.example' },
  user: { id: randomBytes(64).toString('base64url') },
}

interface Setting {
  readonly algorithm?: KeyKind
  readonly policy?: Partial<PasskeyPolicy>
}

async function register(knobs: Knobs, { algorithm = 'ES256', policy: changed }: Setting = {}) {
  const authenticator = new SoftwareAuthenticator({ algorithm })
  const answer = readRegistrationAnswer(authenticator.create(options, knobs))
  const verdict = await verifyRegistration(answer, options.challenge, { ...policy, ...changed })
  return { verdict, authenticator }
}

const problemOf = async (knobs: Knobs, setting?: Setting) => {
  const { verdict } = await register(knobs, setting)
  return verdict.ok ? null : verdict.problem
}

const self =
  (authenticator: SoftwareAuthenticator, algorithm = -7): NonNullable<Knobs['statement']> =>
  (signed) =>
    new Map<string, Encodable>([
      ['alg', algorithm],
      ['sig', authenticator.sign(signed)],
    ])

describe('registering', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    test(`T7.85 an honest answer with a key of ${algorithm} is accepted, and read as it is`, async () => {
      const { verdict, authenticator } = await register(
        { signCount: 7, backedUp: false },
        { algorithm },
      )
      assert.ok(verdict.ok)
      const { publicKey, credentialId, ...rest } = verdict.credential
      assert.deepEqual(Buffer.from(credentialId), authenticator.credentialId)
      assert.ok(publicKey.length > 30)
      assert.deepEqual(rest, {
        signCount: 7,
        userVerified: true,
        backupEligible: true,
        backedUp: false,
        aaguid: '00000000-0000-0000-0000-000000000000',
        transports: ['internal', 'hybrid'],
      })
    })

  const steps: readonly [step: string, knobs: Knobs, problem: PasskeyProblem][] = [
    ['7 type of an authentication', { clientData: { type: 'webauthn.get' } }, 'ceremony'],
    ['7 type in another case', { clientData: { type: 'WebAuthn.Create' } }, 'ceremony'],
    ['8 another challenge', { clientData: { challenge: 'AAAA' } }, 'challenge'],
    [
      '8 challenge with padding',
      { clientData: { challenge: `${options.challenge}=` } },
      'challenge',
    ],
    ['9 another origin', { origin: 'https://app.example.evil' }, 'origin'],
    ['9 a sub-domain', { origin: 'https://sub.app.example' }, 'origin'],
    ['9 another port', { origin: 'https://app.example:8443' }, 'origin'],
    ['9 plain http', { origin: 'http://app.example' }, 'origin'],
    ['9 a slash at the end', { origin: 'https://app.example/' }, 'origin'],
    ['9 no origin worth the name', { origin: 'null' }, 'origin'],
    ['10 inside a frame', { clientData: { crossOrigin: true } }, 'cross_origin'],
    [
      '11 inside a frame of a page it names',
      { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
      'cross_origin',
    ],
    [
      '11 a top origin without a frame',
      { clientData: { topOrigin: 'https://app.example' } },
      'cross_origin',
    ],
    ['14 another RP id', { rpId: 'evil.example' }, 'rp_id'],
    ['14 a parent domain', { rpId: 'example' }, 'rp_id'],
    ['15 nobody present', { userPresent: false }, 'user_presence'],
    ['16 nobody verified', { userVerified: false }, 'user_verification'],
    [
      '17 backed up, though it cannot be',
      { backupEligible: false, backedUp: true },
      'backup_state',
    ],
    ['20 ES384 was not offered', { key: (key) => new Map([...key, [3, -35]]) }, 'algorithm'],
    ['20 RS1 was not offered', { key: (key) => new Map([...key, [3, -65535]]) }, 'algorithm'],
    [
      '20 no algorithm',
      { key: (key) => new Map([...key].filter(([at]) => at !== 3)) },
      'algorithm',
    ],
    ['20 algorithm as text', { key: (key) => new Map([...key, [3, '-7']]) }, 'algorithm'],
    ['20 offered, but not of this key', { key: (key) => new Map([...key, [3, -8]]) }, 'public_key'],
    [
      '20 not a point of the curve',
      { key: (key) => new Map<number, Encodable>([...key, [-3, Buffer.alloc(32, 1)]]) },
      'public_key',
    ],
    ['20 more than a key', { key: (key) => new Map([...key, [4, 1]]) }, 'public_key'],
    ['21 unknown format', { format: 'made-up' }, 'attestation'],
    ['21 format in another case', { format: 'None' }, 'attestation'],
    ['21 a statement with none', { statement: () => new Map([['sig', 1]]) }, 'attestation'],
    ['23 packed without a signature', { format: 'packed' }, 'attestation'],
    [
      '23 a chain of certificates',
      {
        format: 'packed',
        statement: (signed) =>
          new Map<string, Encodable>([
            ['alg', -7],
            ['sig', signed],
            ['x5c', [Buffer.alloc(8)]],
          ]),
      },
      'attestation',
    ],
  ]
  for (const [step, knobs, problem] of steps)
    test(`T7.85 7.1 step ${step}: ${problem}`, async () => {
      assert.equal(await problemOf(knobs), problem)
    })

  test('T7.85 7.1 step 10 and 11 a frame is expected where its page is named in the options', async () => {
    const setting = { policy: { topOrigins: ['https://portal.example'] } }
    const inFrame = (topOrigin?: string) =>
      problemOf({ clientData: { crossOrigin: true, topOrigin } }, setting)
    assert.equal(await inFrame('https://portal.example'), null)
    assert.equal(await inFrame(), null, 'Safari does not say whose frame it is in')
    assert.equal(await inFrame('https://portal.example.evil'), 'cross_origin')
    const unframed = { clientData: { topOrigin: 'https://portal.example' } }
    assert.equal(await problemOf(unframed, setting), 'cross_origin')
    assert.equal(await problemOf({}, setting), null)
  })

  test('T7.85 7.1 step 16 user verification is optional where the options say so', async () => {
    const { verdict } = await register(
      { userVerified: false },
      { policy: { userVerification: 'preferred' } },
    )
    assert.ok(verdict.ok)
    assert.equal(verdict.credential.userVerified, false)
  })

  test('T7.85 7.1 step 21 a self attestation is verified', async () => {
    const authenticator = new SoftwareAuthenticator()
    const other = new SoftwareAuthenticator()
    const verdict = (knobs: Knobs) =>
      verifyRegistration(
        readRegistrationAnswer(authenticator.create(options, { format: 'packed', ...knobs })),
        options.challenge,
        policy,
      )
    assert.equal((await verdict({ statement: self(authenticator) })).ok, true)
    const refused = { ok: false, problem: 'attestation' }
    assert.deepEqual(await verdict({ statement: self(other) }), refused)
    assert.deepEqual(await verdict({ statement: self(authenticator, -257) }), refused)
  })

  test('T7.85 7.1 step 24 a credential id of 1,023 bytes is accepted, a longer one is refused', async () => {
    assert.equal(await problemOf({ credentialId: randomBytes(1023) }), null)
    await assert.rejects(register({ credentialId: randomBytes(1024) }), InvalidInputError)
  })

  test('T7.85 7.1 step 24 the id that is signed is the one that counts', async () => {
    const authenticator = new SoftwareAuthenticator()
    const id = randomBytes(32).toString('base64url')
    const sent = { ...authenticator.create(options), id, rawId: id }
    const verdict = await verifyRegistration(
      readRegistrationAnswer(sent),
      options.challenge,
      policy,
    )
    assert.deepEqual(verdict, { ok: false, problem: 'credential_id' })
  })

  test('T7.85 7.1 step 24 an answer without a credential is refused', async () => {
    const authenticator = new SoftwareAuthenticator()
    const knobs: Knobs = {
      authenticatorData: (data) => {
        const bare = Buffer.from(data.subarray(0, 37))
        bare.writeUInt8(bare.readUInt8(32) & ~0x40, 32)
        return bare
      },
    }
    const answer = readRegistrationAnswer(authenticator.create(options, knobs))
    const verdict = await verifyRegistration(answer, options.challenge, policy)
    assert.deepEqual(verdict, { ok: false, problem: 'credential_id' })
  })

  test('T7.85 7.1 step 27 extensions nobody asked for are ignored', async () => {
    const extensions = new Map<string, Encodable>([
      ['hmac-secret', true],
      ['credProtect', 2],
      ['made-up', [1, 'two', Buffer.of(3)]],
    ])
    assert.equal(await problemOf({ extensions }), null)
  })

  const rsa = (change: (n: Buffer, e: Buffer) => readonly [Encodable, Encodable]): Knobs => ({
    key: (key) => {
      const [n, e] = change(key.get(-1) as Buffer, key.get(-2) as Buffer)
      return new Map<number, Encodable>([...key, [-1, n], [-2, e]])
    },
  })
  const badRsaKeys: readonly [name: string, knobs: Knobs][] = [
    ['1,024 bits', rsa((n, e) => [n.subarray(0, 128), e])],
    [
      'zeros in front of a shorter modulus',
      rsa((n, e) => [Buffer.concat([Buffer.alloc(128), n.subarray(0, 128)]), e]),
    ],
    ['8,192 bits', rsa((n, e) => [Buffer.concat([n, n, n, n]), e])],
    ['no exponent', rsa((n) => [n, Buffer.alloc(0)])],
    ['a modulus of text', rsa((n, e) => [n.toString('base64'), e])],
  ]
  for (const [name, knobs] of badRsaKeys)
    test(`7.1 step 20 an RSA key with ${name} is refused`, async () => {
      assert.equal(await problemOf(knobs, { algorithm: 'RS256' }), 'public_key')
    })

  test('7.1 step 20 an EdDSA key on another curve, or of another size, is refused', async () => {
    const setting = { algorithm: 'EdDSA' } as const
    const onEd448: Knobs = { key: (key) => new Map([...key, [-1, 7]]) }
    const tooShort: Knobs = {
      key: (key) => new Map<number, Encodable>([...key, [-2, Buffer.alloc(31)]]),
    }
    assert.equal(await problemOf(onEd448, setting), 'public_key')
    assert.equal(await problemOf(tooShort, setting), 'public_key')
  })
})
