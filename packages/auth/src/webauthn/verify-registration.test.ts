import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import type { KeyKind, Knobs } from './authenticator.test.support.js'
import { SoftwareAuthenticator } from './authenticator.test.support.js'
import type { Encodable } from './cbor.test.support.js'
import { offeredAlgorithms } from './credential-key.js'
import { parseRegistrationResponse } from './response.js'
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

function register(knobs: Knobs, { algorithm = 'ES256', policy: changed }: Setting = {}) {
  const authenticator = new SoftwareAuthenticator({ algorithm })
  const response = parseRegistrationResponse(authenticator.create(options, knobs))
  const result = verifyRegistration(response, options.challenge, { ...policy, ...changed })
  return { result, authenticator }
}

const problemOf = (knobs: Knobs, setting?: Setting) => {
  const { result } = register(knobs, setting)
  return result.ok ? null : result.problem
}

const self =
  (authenticator: SoftwareAuthenticator, algorithm = -7): NonNullable<Knobs['statement']> =>
  (signed) =>
    new Map<string, Encodable>([
      ['alg', algorithm],
      ['sig', authenticator.sign(signed)],
    ])

describe('verifyRegistration()', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    test(`T7.85 accepts a genuine ${algorithm} response and returns its credential`, () => {
      const { result, authenticator } = register({ signCount: 7, backedUp: false }, { algorithm })
      assert.ok(result.ok)
      const { publicKey, credentialId, ...rest } = result.credential
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
    ['7 with the type of an authentication', { clientData: { type: 'webauthn.get' } }, 'ceremony'],
    ['7 with the type in another case', { clientData: { type: 'WebAuthn.Create' } }, 'ceremony'],
    ['8 with another challenge', { clientData: { challenge: 'AAAA' } }, 'challenge'],
    [
      '8 with padding after the challenge',
      { clientData: { challenge: `${options.challenge}=` } },
      'challenge',
    ],
    ['9 from another origin', { origin: 'https://app.example.evil' }, 'origin'],
    ['9 from a subdomain', { origin: 'https://sub.app.example' }, 'origin'],
    ['9 from another port', { origin: 'https://app.example:8443' }, 'origin'],
    ['9 from plain http', { origin: 'http://app.example' }, 'origin'],
    ['9 with a slash after the origin', { origin: 'https://app.example/' }, 'origin'],
    ['9 from the origin null', { origin: 'null' }, 'origin'],
    ['10 from a frame', { clientData: { crossOrigin: true } }, 'cross_origin'],
    [
      '11 from a frame with a top origin',
      { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
      'cross_origin',
    ],
    [
      '11 with a top origin but without a frame',
      { clientData: { topOrigin: 'https://app.example' } },
      'cross_origin',
    ],
    ['14 for another RP id', { rpId: 'evil.example' }, 'rp_id'],
    ['14 for a parent domain', { rpId: 'example' }, 'rp_id'],
    ['15 without user presence', { userPresent: false }, 'user_presence'],
    ['16 without user verification', { userVerified: false }, 'user_verification'],
    [
      '17 backed up but not backup eligible',
      { backupEligible: false, backedUp: true },
      'backup_state',
    ],
    [
      '20 with ES384, which was not offered',
      { key: (key) => new Map([...key, [3, -35]]) },
      'algorithm',
    ],
    [
      '20 with RS1, which was not offered',
      { key: (key) => new Map([...key, [3, -65535]]) },
      'algorithm',
    ],
    [
      '20 without an algorithm',
      { key: (key) => new Map([...key].filter(([at]) => at !== 3)) },
      'algorithm',
    ],
    ['20 with the algorithm as text', { key: (key) => new Map([...key, [3, '-7']]) }, 'algorithm'],
    [
      '20 with the algorithm of another key type',
      { key: (key) => new Map([...key, [3, -8]]) },
      'public_key',
    ],
    [
      '20 with a point that is not on the curve',
      { key: (key) => new Map<number, Encodable>([...key, [-3, Buffer.alloc(32, 1)]]) },
      'public_key',
    ],
    ['20 with a further key parameter', { key: (key) => new Map([...key, [4, 1]]) }, 'public_key'],
    ['21 in an unknown format', { format: 'made-up' }, 'attestation'],
    ['21 with the format in another case', { format: 'None' }, 'attestation'],
    [
      '21 with a statement in the format none',
      { statement: () => new Map([['sig', 1]]) },
      'attestation',
    ],
    ['23 packed but without a signature', { format: 'packed' }, 'attestation'],
    [
      '23 with certificates',
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
    test(`T7.85 7.1 refuses a response at step ${step}: ${problem}`, () => {
      assert.equal(problemOf(knobs), problem)
    })

  test('T7.85 7.1 steps 10 and 11 accept a frame whose page is in the options', () => {
    const setting = { policy: { topOrigins: ['https://portal.example'] } }
    const inFrame = (topOrigin?: string) =>
      problemOf({ clientData: { crossOrigin: true, topOrigin } }, setting)
    assert.equal(inFrame('https://portal.example'), null)
    assert.equal(inFrame(), null, 'Safari sends no top origin')
    assert.equal(inFrame('https://portal.example.evil'), 'cross_origin')
    const unframed = { clientData: { topOrigin: 'https://portal.example' } }
    assert.equal(problemOf(unframed, setting), 'cross_origin')
    assert.equal(problemOf({}, setting), null)
  })

  test('T7.85 7.1 step 16 does not require user verification with the option preferred', () => {
    const { result } = register(
      { userVerified: false },
      { policy: { userVerification: 'preferred' } },
    )
    assert.ok(result.ok)
    assert.equal(result.credential.userVerified, false)
  })

  test('T7.85 7.1 step 21 verifies a self attestation', () => {
    const authenticator = new SoftwareAuthenticator()
    const other = new SoftwareAuthenticator()
    const resultOf = (knobs: Knobs) =>
      verifyRegistration(
        parseRegistrationResponse(authenticator.create(options, { format: 'packed', ...knobs })),
        options.challenge,
        policy,
      )
    assert.equal(resultOf({ statement: self(authenticator) }).ok, true)
    const refused = { ok: false, problem: 'attestation' }
    assert.deepEqual(resultOf({ statement: self(other) }), refused)
    assert.deepEqual(resultOf({ statement: self(authenticator, -257) }), refused)
  })

  test('T7.85 7.1 step 24 accepts a credential id of 1,023 bytes and refuses a longer one', () => {
    assert.equal(problemOf({ credentialId: randomBytes(1023) }), null)
    assert.throws(() => register({ credentialId: randomBytes(1024) }), InvalidInputError)
  })

  test('T7.85 7.1 step 24 refuses an id other than the one in the authenticator data', () => {
    const authenticator = new SoftwareAuthenticator()
    const id = randomBytes(32).toString('base64url')
    const sent = { ...authenticator.create(options), id, rawId: id }
    const result = verifyRegistration(parseRegistrationResponse(sent), options.challenge, policy)
    assert.deepEqual(result, { ok: false, problem: 'credential_id' })
  })

  test('T7.85 7.1 step 24 refuses a response without an attested credential', () => {
    const authenticator = new SoftwareAuthenticator()
    const knobs: Knobs = {
      authenticatorData: (data) => {
        const bare = Buffer.from(data.subarray(0, 37))
        bare.writeUInt8(bare.readUInt8(32) & ~0x40, 32)
        return bare
      },
    }
    const response = parseRegistrationResponse(authenticator.create(options, knobs))
    const result = verifyRegistration(response, options.challenge, policy)
    assert.deepEqual(result, { ok: false, problem: 'credential_id' })
  })

  test('T7.85 7.1 step 27 ignores unsolicited extension outputs', () => {
    const extensions = new Map<string, Encodable>([
      ['hmac-secret', true],
      ['credProtect', 2],
      ['made-up', [1, 'two', Buffer.of(3)]],
    ])
    assert.equal(problemOf({ extensions }), null)
  })

  test('7.1 steps 15 and 16 ask for neither presence nor verification in the background, and step 17 stays', () => {
    const verify = (knobs: Knobs) => {
      const response = new SoftwareAuthenticator().create(options, knobs)
      const parsed = parseRegistrationResponse(response)
      return verifyRegistration(parsed, options.challenge, policy, 'conditional')
    }
    const silent = { userPresent: false, userVerified: false }
    const created = verify(silent)
    assert.ok(created.ok)
    assert.equal(created.credential.userVerified, false)
    assert.deepEqual(verify({ ...silent, backupEligible: false }), {
      ok: false,
      problem: 'backup_state',
    })
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
      rsa((n, e) => [Buffer.concat([Buffer.alloc(128), n.subarray(128)]), e]),
    ],
    ['8,192 bits', rsa((n, e) => [Buffer.concat([n, n, n, n]), e])],
    ['no exponent', rsa((n) => [n, Buffer.alloc(0)])],
    ['an exponent of 1', rsa((n) => [n, Buffer.of(0, 0, 1)])],
    ['an even exponent', rsa((n) => [n, Buffer.of(1, 0, 2)])],
    ['an even modulus', rsa((n, e) => [Buffer.concat([n.subarray(0, -1), Buffer.of(2)]), e])],
    ['a modulus of text', rsa((n, e) => [n.toString('base64'), e])],
  ]
  for (const [name, knobs] of badRsaKeys)
    test(`7.1 step 20 refuses an RSA key with ${name}`, () => {
      assert.equal(problemOf(knobs, { algorithm: 'RS256' }), 'public_key')
    })

  test('7.1 step 20 refuses an EdDSA key on another curve or of another size', () => {
    const setting = { algorithm: 'EdDSA' } as const
    const onEd448: Knobs = { key: (key) => new Map([...key, [-1, 7]]) }
    const tooShort: Knobs = {
      key: (key) => new Map<number, Encodable>([...key, [-2, Buffer.alloc(31)]]),
    }
    assert.equal(problemOf(onEd448, setting), 'public_key')
    assert.equal(problemOf(tooShort, setting), 'public_key')
  })
})
