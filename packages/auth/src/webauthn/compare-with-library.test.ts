import assert from 'node:assert/strict'
import { beforeAll, describe, test } from 'vitest'
import type { ComparedResponse } from './compare-with-library.test.support.js'
import { compare } from './compare-with-library.test.support.js'
import {
  genuineResponses,
  mutatedResponses,
  registeredFlags,
  registeredKeys,
  signedMutations,
} from './compared-responses.test.support.js'
import { chromiumPasskeys, vectorPasskeys } from './genuine-passkeys.test.support.js'
import { seededRandom } from './response-mutations.test.support.js'

const application = 'the library leaves this to the application'
const base64url = 'the library accepts padding and ignores characters outside of the alphabet'
const cbor =
  'the library ignores lengths beyond the end, longer forms than needed, further members and bytes after the object'
const members = 'the library accepts other JSON types than boolean and text'
const storedKeys = 'the library does not import the key before it accepts a registration'
const tokenBinding = 'Level 3 removed tokenBinding, and section 5.8.1 has further members ignored'

/** The classes in which torii-auth and the library differ, each with its reason. */
const knownDifferences = new Map<string, string>([
  [
    'registration, genuine: only we refuse: attestation',
    'the library verifies certificates; Torii trusts no root and refuses them unread',
  ],
  ['registration, attestationObject: only we refuse: credential_id', application],
  ['registration, JSON: only we refuse: credential_id', application],
  ['authentication, JSON: only we refuse: credential_id', application],
  ['authentication, JSON: only we refuse: user_handle', application],
  ['registration, attestationObject: only we refuse: public_key', storedKeys],
  ['registration, key: only we refuse: public_key', storedKeys],
  [
    'authentication, stored key: only we refuse: signature',
    `${cbor}; Torii stores no such key, and refuses a damaged one`,
  ],
  [
    'registration, attestationObject: only we refuse: input response.response.attestationObject',
    cbor,
  ],
  [
    'authentication, signature: only we refuse: signature',
    'the library accepts more than one DER encoding of a signature; OpenSSL accepts one',
  ],
  [
    'registration, clientDataJSON: only we refuse: cross_origin',
    'the library does not validate crossOrigin and topOrigin in a registration',
  ],
  [
    'authentication, signed clientDataJSON: only we refuse: cross_origin',
    'the library accepts a frame without a top origin, also where no frame is expected, and an empty top origin',
  ],
  ['registration, clientDataJSON: only we refuse: input response.response.clientDataJSON', members],
  [
    'authentication, signed clientDataJSON: only we refuse: input response.response.clientDataJSON',
    members,
  ],
  [
    'registration, clientDataJSON: only the library refuses: Unexpected tokenBinding.status value of …',
    tokenBinding,
  ],
  [
    'registration, clientDataJSON: only the library refuses: Unexpected value for TokenBinding …',
    tokenBinding,
  ],
  [
    'authentication, signed clientDataJSON: only the library refuses: ClientDataJSON tokenBinding was not an object',
    tokenBinding,
  ],
  [
    'authentication, signed clientDataJSON: only the library refuses: Unexpected tokenBinding status invented',
    tokenBinding,
  ],
  ['registration, JSON: only we refuse: input response.response.attestationObject', base64url],
  ['registration, JSON: only we refuse: input response.response.clientDataJSON', base64url],
  ['authentication, JSON: only we refuse: input response.response.clientDataJSON', base64url],
  ['authentication, JSON: only we refuse: input response.response.authenticatorData', base64url],
  ['authentication, JSON: only we refuse: input response.response.signature', base64url],
  ['authentication, JSON: only we refuse: input response.response.userHandle', application],
  ['registration, JSON: only we refuse: input response.response.transports', application],
])

const seed = 20_261_129
const vectors = vectorPasskeys()
const recorded = chromiumPasskeys()

function* comparedResponses(): Generator<ComparedResponse> {
  const random = seededRandom(seed)
  for (const passkey of [...vectors, ...recorded]) yield* genuineResponses(passkey)
  // w3c-vectors.test.ts flips every bit of the vectors, and the first three recordings have one algorithm each.
  for (const passkey of [...vectors, ...recorded.slice(3)])
    yield* mutatedResponses(passkey, random, 8)
  for (const passkey of recorded.slice(0, 3)) yield* mutatedResponses(passkey, random, 1)
  for (const passkey of recorded.slice(0, 1)) yield* registeredFlags(passkey)
  yield* registeredKeys()
  yield* signedMutations(random)
}

/** The names of the compared responses, by `accepted`, `refused` or the class of the difference. */
const compared = new Map<string, string[]>()
const namesOf = (outcome: string): readonly string[] => compared.get(outcome) ?? []

describe('torii-auth and @simplewebauthn/server', () => {
  beforeAll(async () => {
    for (const response of comparedResponses()) {
      const outcome = await compare(response)
      const names = compared.get(outcome)
      if (names === undefined) compared.set(outcome, [response.name])
      else names.push(response.name)
    }
  })

  test('T7.84 accept and refuse the same responses, except for the known differences', () => {
    const unknown = Array.from(compared.keys())
      .filter((key) => key !== 'accepted' && key !== 'refused' && !knownDifferences.has(key))
      .map(
        (key) => `${key}: ${namesOf(key).length}, such as ${namesOf(key).slice(0, 5).join('; ')}`,
      )
    assert.deepEqual(unknown, [])
  })

  test('differ in each of the known differences', () => {
    assert.deepEqual(
      Array.from(knownDifferences.keys()).filter((key) => !compared.has(key)),
      [],
    )
  })

  test('both accept every genuine response without certificates', () => {
    const accepted = new Set(namesOf('accepted'))
    const genuine = [...vectors, ...recorded].flatMap((passkey) => [...genuineResponses(passkey)])
    assert.equal(genuine.length, 14 * 3 + 8 * 4)
    const others = genuine.map(({ name }) => name).filter((name) => !accepted.has(name))
    assert.equal(others.length, 10)
    assert.ok(
      others.every((name) =>
        /^(?:packed|tpm|android|apple|fido|.*certificate).*registration$/.test(name),
      ),
    )
  })

  test('accept at least 1,200 of the compared responses and refuse at least 10,000', () => {
    assert.ok(namesOf('accepted').length >= 1200, `${namesOf('accepted').length} accepted`)
    assert.ok(namesOf('refused').length >= 10_000, `${namesOf('refused').length} refused`)
  })

  test('are compared on the same mutations in every run', () => {
    const mutations = () =>
      JSON.stringify(
        recorded
          .slice(0, 1)
          .flatMap((passkey) => [...mutatedResponses(passkey, seededRandom(seed), 1)]),
      )
    assert.ok(mutations().length > 100_000)
    assert.equal(mutations(), mutations())
  })
})
