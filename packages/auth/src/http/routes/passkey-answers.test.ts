import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { beforeEach, test } from 'vitest'
import { openTestSite } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { createHandler } from '../index.js'
import { browser, signUp } from '../test/client.test.support.js'

const wide = { cap: 100_000, limit: 1_000_000 }
const limits = {
  windowSeconds: 60,
  lockSeconds: 60,
  maxLockSeconds: 60,
  forgetSeconds: 60,
  ...wide,
}
const site = await openTestSite({
  requireVerifiedEmail: false,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  bruteForce: {
    starts: limits,
    ipAddress: limits,
    registrations: limits,
    completions: limits,
    sessionRequests: limits,
  },
})
const send = browser(createHandler(site.torii))
let { cookie } = await signUp(send)

type Members = Record<string, unknown>
interface Asked {
  readonly challengeId: string
  readonly options: never
}

/** A success brings a new cookie, and ends the one before. */
async function post(path: string, body: object) {
  const received = await send('POST', `/auth/${path}`, { cookie, body })
  if (received.cookie !== '') cookie = received.cookie
  return received
}

async function ask(path: string, body?: object): Promise<Asked> {
  const asked = await send(
    'POST',
    `/auth/${path}`,
    body === undefined ? { cookie } : { cookie, body },
  )
  assert.equal(asked.status, 200, asked.text)
  return JSON.parse(asked.text) as Asked
}

/** The three ceremonies: how each starts and ends, and a valid answer. */
const ceremonies = {
  register: {
    ask: () => ask('passkeys/register/options'),
    answer: (phone: SoftwareAuthenticator, { options }: Asked) => phone.create(options),
    post: (body: object) => post('passkeys/register/verify', body),
  },
  authenticate: {
    ask: () => ask('passkeys/authenticate/options', {}),
    answer: (phone: SoftwareAuthenticator, { options }: Asked) => phone.get(options),
    post: (body: object) => post('passkeys/authenticate/verify', body),
  },
  reauthenticate: {
    ask: () => ask('passkeys/authenticate/options', { purpose: 'reauthenticate' }),
    answer: (phone: SoftwareAuthenticator, { options }: Asked) => phone.get(options),
    post: (body: object) => post('reauthenticate', body),
  },
}

const phone = new SoftwareAuthenticator()
const asked = await ceremonies.register.ask()
const registered = await ceremonies.register.post({
  challengeId: asked.challengeId,
  response: phone.create(asked.options),
})
assert.equal(registered.status, 201, registered.text)

beforeEach(() => {
  site.events.length = 0
})

const oddTexts = ['', ' ', 'é', 'a b', '=', 'AA==', '\0', '\ud800', 'A'.repeat(6000), '__proto__']
const oddValues = [null, 0, -1, 1e308, true, false, [], [[]], {}, { length: 3 }, ...oddTexts]

/** One bad value in the place of each member of a valid answer, and of the answer itself. */
function malformed(valid: Members): { name: string; response: unknown }[] {
  const inner = valid.response as Members
  const outer = ['id', 'rawId', 'type', 'response'].flatMap((member) =>
    oddValues.map((value) => ({
      name: `${member} = ${JSON.stringify(value).slice(0, 40)}`,
      response: { ...valid, [member]: value },
    })),
  )
  const both = oddValues.map((value) => ({
    name: `id and rawId = ${JSON.stringify(value).slice(0, 40)}`,
    response: { ...valid, id: value, rawId: value },
  }))
  const optional = 'attestationObject' in inner ? 'transports' : 'userHandle'
  const nested = [...new Set([...Object.keys(inner), optional])].flatMap((member) =>
    oddValues.map((value) => ({
      name: `response.${member} = ${JSON.stringify(value).slice(0, 40)}`,
      response: { ...valid, response: { ...inner, [member]: value } },
    })),
  )
  const cut = ['attestationObject', 'authenticatorData', 'clientDataJSON', 'signature'].flatMap(
    (member) => {
      const text = inner[member]
      if (typeof text !== 'string') return []
      return [0.1, 0.5, 0.9].map((part) => ({
        name: `response.${member} cut at ${part}`,
        response: {
          ...valid,
          response: { ...inner, [member]: text.slice(0, Math.floor(text.length * part)) },
        },
      }))
    },
  )
  return [{ name: 'no members', response: {} }, ...outer, ...both, ...nested, ...cut]
}

/** These are valid: an answer needs no user handle when it names a user, nor transports, nor what is ignored. */
const isHarmless = (name: string): boolean =>
  /^response\.transports = \[\]|^response\.userHandle = null|^response\.(publicKey|publicKeyAlgorithm|authenticatorData) = /.test(
    name,
  )

for (const [kind, ceremony] of Object.entries(ceremonies))
  test(`${kind}: a malformed answer is a 4xx that is no server fault, and uses its challenge`, async () => {
    const shape = malformed(ceremony.answer(phone, await ceremony.ask()) as unknown as Members)
    for (const { name } of shape) {
      await site.db.query('delete from torii.passkey_challenges')
      const started = await ceremony.ask()
      const { challengeId } = started
      const valid = ceremony.answer(
        kind === 'register' ? new SoftwareAuthenticator() : phone,
        started,
      ) as unknown as Members
      const { response } = malformed(valid).find((one) => one.name === name) ?? { response: null }
      const refused = await ceremony.post({ challengeId, response })
      // A later answer needs room for one more passkey, and the passkey of this file stays.
      await site.db.query('delete from torii.passkeys where credential_id <> $1', [
        phone.credentialId,
      ])
      if (isHarmless(name) && refused.status < 300) continue
      assert.ok(refused.status >= 400 && refused.status < 500, `${name}: ${refused.status}`)
      const { rows } = await site.db.query(
        'select count(*)::int as n from torii.passkey_challenges',
      )
      // An answer that is no object is no answer: the body itself is refused.
      const isAnswer = typeof response === 'object' && response !== null && !Array.isArray(response)
      if (isAnswer) assert.equal(rows[0]?.n, 0, `${name}: the challenge is live`)
    }
    assert.deepEqual(
      site.events.filter(({ level }) => level === 'error'),
      [],
    )
  })

test('an answer with its valid value after a malformed one is refused: the challenge is used', async () => {
  for (const ceremony of Object.values(ceremonies)) {
    const started = await ceremony.ask()
    const { challengeId } = started
    const device = ceremony === ceremonies.register ? new SoftwareAuthenticator() : phone
    const response = ceremony.answer(device, started) as unknown as Members
    const first = await ceremony.post({ challengeId, response: { ...response, type: 'password' } })
    assert.deepEqual([first.status, first.json.error], [400, 'invalid_input'])
    assert.equal(first.json.field, 'response.type')
    const second = await ceremony.post({ challengeId, response })
    assert.equal(second.status, 401, second.text)
  }
})

test('transports that are no names, and an empty user handle, name the member', async () => {
  for (const transports of [null, ['USB'], [''], [7], Array(17).fill('usb'), 'usb', {}]) {
    const { challengeId, options } = await ceremonies.register.ask()
    const valid = new SoftwareAuthenticator().create(options) as unknown as Members
    const response = { ...valid, response: { ...(valid.response as Members), transports } }
    const refused = await ceremonies.register.post({ challengeId, response })
    assert.deepEqual([refused.status, refused.json.field], [400, 'response.response.transports'])
  }
  const { challengeId, options } = await ceremonies.authenticate.ask()
  const valid = phone.get(options) as unknown as Members
  const response = { ...valid, response: { ...(valid.response as Members), userHandle: '' } }
  const refused = await ceremonies.authenticate.post({ challengeId, response })
  assert.deepEqual([refused.status, refused.json.field], [400, 'response.response.userHandle'])
})

test('300 answers with random bytes changed are refused with a 4xx', async () => {
  for (let round = 0; round < 300; round += 1) {
    const isRegistration = round % 2 === 0
    const ceremony = isRegistration ? ceremonies.register : ceremonies.authenticate
    const started = await ceremony.ask()
    const device = isRegistration ? new SoftwareAuthenticator() : phone
    const valid = ceremony.answer(device, started) as unknown as Members
    const inner = valid.response as Members
    const members = isRegistration
      ? ['attestationObject', 'clientDataJSON']
      : ['authenticatorData', 'clientDataJSON', 'signature']
    const member = members[randomInt(members.length)] ?? 'clientDataJSON'
    const bytes = Buffer.from(String(inner[member]), 'base64url')
    for (let flips = randomInt(1, 5); flips > 0; flips -= 1)
      bytes[randomInt(bytes.length)] = randomInt(256)
    const response = { ...valid, response: { ...inner, [member]: bytes.toString('base64url') } }
    const answer = await ceremony.post({ challengeId: started.challengeId, response })
    assert.ok(answer.status < 500, `${member}: ${bytes.toString('base64url')}`)
  }
})

test('PATCH user without a field, and every text of a body with odd characters, are a 4xx', async () => {
  const empty = await send('PATCH', '/auth/user', { cookie, body: {} })
  assert.deepEqual([empty.status, empty.json.error], [400, 'invalid_input'])
  const bodies = {
    'password/register': ['email', 'password', 'name'],
    'password/authenticate': ['email', 'password'],
    'password/change': ['currentPassword', 'newPassword'],
    reauthenticate: ['password', 'challengeId'],
    'passkeys/authenticate/options': ['email'],
  }
  for (const [path, fields] of Object.entries(bodies))
    for (const field of fields)
      for (const value of oddTexts) {
        const body = { email: 'a@example.com', password: 'x', ...{ [field]: value } }
        const answer = await post(path, body)
        assert.ok(answer.status < 500, `${path} ${field} ${value.slice(0, 20)}`)
      }
})
