import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Torii } from 'torii-auth'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { describe, test } from 'vitest'
import {
  inAnHour,
  newPerson,
  openTestAdapter,
  refused,
  toUserId,
  twentyAtOnce,
} from './adapter.test.support.js'

const { adapter, db, storage, statementsOf, with: adapterWith } = await openTestAdapter()

async function signIn(given = adapter, expires = inAnHour()) {
  const user = await given.createUser(newPerson())
  const session = await given.createSession({
    sessionToken: crypto.randomUUID(),
    userId: user.id,
    expires,
  })
  return { user, session, token: session.sessionToken }
}

const isLive = async (token: string) => (await adapter.getSessionAndUser(token)) !== null

describe('createSession and getSessionAndUser', () => {
  test('open a session and return it with its user', async () => {
    const expires = inAnHour()
    const { user, session, token } = await signIn(adapter, expires)
    assert.deepEqual(await adapter.getSessionAndUser(token), { session, user })
    assert.equal(session.userId, user.id)
    assert.ok(Math.abs(session.expires.getTime() - expires.getTime()) <= 2000)
  })

  test('need one statement each', async () => {
    const { user, token } = await signIn()
    const opened = await statementsOf(async (counted) =>
      counted.createSession({ sessionToken: 'x', userId: user.id, expires: inAnHour() }),
    )
    assert.equal(opened.length, 1)
    const read = await statementsOf(async (counted) => counted.getSessionAndUser(token))
    assert.equal(read.length, 1)
  })

  test('no token that a caller chose opens a session', async () => {
    const user = await adapter.createUser(newPerson())
    const { token: own } = await signIn()
    for (const chosen of ['chosen', crypto.randomUUID(), own]) {
      const { sessionToken } = await adapter.createSession({
        sessionToken: chosen,
        userId: user.id,
        expires: inAnHour(),
      })
      assert.notEqual(sessionToken, chosen)
      assert.notEqual((await adapter.getSessionAndUser(chosen))?.user.id, user.id)
    }
  })

  test('a malformed token is no session, without a query', async () => {
    const { token } = await signIn()
    const texts: unknown[] = [
      ...['', 'x', `${token} `, token.slice(0, -1), `${token}a`, token.replace('_s_', '_p_')],
      ...[undefined, null, 1, {}, [token], crypto.randomUUID(), 'x'.repeat(1e6)],
    ]
    const statements = await statementsOf(async (counted) => {
      for (const text of texts as string[]) {
        assert.equal(await counted.getSessionAndUser(text), null)
        assert.equal(await counted.updateSession({ sessionToken: text, expires: inAnHour() }), null)
        await counted.deleteSession(text)
      }
    })
    assert.deepEqual(statements, [])
    assert.ok(await isLive(token))
  })

  test('a token with one other character is no session', async () => {
    const { token } = await signIn()
    for (let at = 'torii_s_'.length; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, at) + other + token.slice(at + 1)
      assert.equal(await isLive(changed), false, `character ${at}`)
    }
    // The last four bits are unused: the bytes are the same, the text is not.
    const last = String.fromCharCode((token.codePointAt(token.length - 1) ?? 0) + 1)
    assert.equal(await isLive(token.slice(0, -1) + last), false)
  })

  test('a token of another user’s session with one’s own user id is no session', async () => {
    const [one, two] = [await signIn(), await signIn()]
    const bytes = [one, two].map(({ token }) => Buffer.from(token.slice(8), 'base64url'))
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = bytes
    const mixed = Buffer.concat([first.subarray(0, 16), second.subarray(16)])
    assert.equal(await isLive(`torii_s_${mixed.toString('base64url')}`), false)
  })

  test('an ended or unreasonable time and an unknown user are refused', async () => {
    const user = await adapter.createUser(newPerson())
    const open = (userId: string, expires: Date) =>
      adapter.createSession({ sessionToken: 'x', userId, expires })
    for (const expires of [new Date(0), new Date(Number.NaN), 'soon' as unknown as Date])
      await assert.rejects(async () => open(user.id, expires), InvalidInputError)
    for (const id of ['x', crypto.randomUUID()])
      await refused(() => open(id, inAnHour()), 'account_disabled')
  })

  test('an expired session is none', async () => {
    const { token } = await signIn()
    await db.query("update torii.sessions set expires_at = now() - interval '1 s'")
    assert.equal(await isLive(token), false)
  })

  test('torii-auth takes the same token, and lists and ends the session', async () => {
    const torii = new Torii(storage, {
      baseUrl: 'https://app.example',
      keys: [{ id: 'k1', secret: randomBytes(32) }],
    })
    const { user, token } = await signIn()
    const valid = await torii.sessions.validate(token)
    assert.ok(valid !== null && valid.user.id === user.id)
    assert.equal((await storage.sessions.list(toUserId(user.id))).length, 1)
    await torii.sessions.revokeAll(valid)
    assert.equal(await isLive(token), false)
  })
})

describe('the end of sessions', () => {
  test('disabling a user ends the sessions and refuses new ones', async () => {
    const { user, token } = await signIn()
    await storage.users.disable(toUserId(user.id))
    assert.equal(await isLive(token), false)
    await refused(
      () => adapter.createSession({ sessionToken: 'x', userId: user.id, expires: inAnHour() }),
      'account_disabled',
    )
    await storage.users.enable(toUserId(user.id))
    assert.equal(await isLive(token), false)
  })

  test('ending all sessions of a user or of everyone ends those of Auth.js', async () => {
    const { user, token } = await signIn()
    await db.query('update torii.users set session_epoch = session_epoch + 1 where id = $1', [
      user.id,
    ])
    assert.equal(await isLive(token), false)
    const { token: other } = await signIn()
    await storage.revokeAllSessionsAndTokens()
    assert.equal(await isLive(other), false)
  })

  test('signing out ends this session only, in one statement', async () => {
    const { user, token } = await signIn()
    const other = await adapter.createSession({
      sessionToken: 'x',
      userId: user.id,
      expires: inAnHour(),
    })
    const statements = await statementsOf(async (counted) => counted.deleteSession(token))
    assert.equal(statements.length, 1)
    assert.deepEqual([await isLive(token), await isLive(other.sessionToken)], [false, true])
    await adapter.deleteSession(token)
  })

  test('a deleted user has no session, whichever of both comes first', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await adapter.createUser(newPerson())
      const opening = twentyAtOnce(() =>
        adapter.createSession({ sessionToken: 'x', userId: user.id, expires: inAnHour() }),
      )
      await adapter.deleteUser(user.id)
      for (const { sessionToken } of (await opening).values)
        assert.equal(await isLive(sessionToken), false)
      const { rows } = await db.query('select 1 from torii.sessions where user_id = $1', [user.id])
      assert.deepEqual(rows, [])
    }
  })

  test('a user with a second factor gets no session', async () => {
    const user = await adapter.createUser(newPerson())
    await db.query('update torii.users set second_factor_epoch = owner_epoch where id = $1', [
      user.id,
    ])
    await refused(
      () => adapter.createSession({ sessionToken: 'x', userId: user.id, expires: inAnHour() }),
      'second_factor_required',
    )
    assert.deepEqual(await storage.sessions.list(toUserId(user.id)), [])
  })
})

describe('updateSession', () => {
  const age = () => db.query("update torii.sessions set last_active_at = now() - interval '5 s'")

  test('extends a live session in one statement, and keeps its token', async () => {
    const { token } = await signIn()
    await age()
    const expires = new Date(Date.now() + 7_200_000)
    const statements = await statementsOf(async (counted) => {
      const updated = await counted.updateSession({ sessionToken: token, expires })
      assert.equal(updated?.sessionToken, token)
    })
    assert.equal(statements.length, 1)
    const read = await adapter.getSessionAndUser(token)
    assert.ok(Math.abs((read?.session.expires.getTime() ?? 0) - expires.getTime()) <= 2000)
  })

  test('never revives an ended session', async () => {
    const { token } = await signIn()
    await age()
    await adapter.deleteSession(token)
    assert.equal(await adapter.updateSession({ sessionToken: token, expires: inAnHour() }), null)
    assert.equal(await isLive(token), false)
  })

  test('never passes the absolute end', async () => {
    const short = adapterWith({ absoluteSeconds: 3600 })
    const { token } = await signIn(short, new Date(Date.now() + 600_000))
    await age()
    await short.updateSession({ sessionToken: token, expires: new Date(Date.now() + 86_400_000) })
    const read = await adapter.getSessionAndUser(token)
    assert.ok((read?.session.expires.getTime() ?? 0) <= Date.now() + 3_601_000)
  })

  test('a time in the past ends the session', async () => {
    const { token } = await signIn()
    assert.equal(await adapter.updateSession({ sessionToken: token, expires: new Date(0) }), null)
    assert.equal(await isLive(token), false)
  })
})

test('wrong options are refused by their name', () => {
  const wrong: object[] = [
    { absoluteSeconds: 0 },
    { absoluteSeconds: 1.5 },
    { absoluteSeconds: 401 * 86_400 },
    { emailSignIn: 'yes' },
    { trustedProviders: 'google' },
    { webauthnProviders: [''] },
    { tokenEncryption: { keys: randomBytes(32) } },
  ]
  for (const options of wrong)
    assert.throws(
      () => adapterWith(options),
      (error) =>
        error instanceof InvalidOptionsError &&
        error.message.startsWith(`option ${Object.keys(options)[0]}`),
    )
  assert.throws(
    () => adapterWith({ trustedProvider: [] } as object),
    /did you mean trustedProviders/,
  )
})
