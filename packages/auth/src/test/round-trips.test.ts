import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { openTestSite, goodPassword as password, requestInfo } from './site.test.support.js'

// The table "How it compares" of the README: statements that reach PostgreSQL, counted at the driver. Each
// is one round trip and one commit of its own.

const site = await openTestSite()

describe('statements sent to PostgreSQL', () => {
  let made = 0
  const freshEmail = () => {
    made += 1
    return `person-${made}@example.com`
  }
  const register = async (email = freshEmail()) => {
    const outcome = await site.torii.password.register({ email, password }, requestInfo)
    assert.ok(outcome.ok && outcome.token !== null)
    return outcome
  }
  const signIn = (email: string, given: string) =>
    site.torii.password.authenticate({ email, password: given }, requestInfo)

  const operations: readonly [
    operation: string,
    statements: number,
    prepare: () => Promise<() => Promise<unknown>>,
  ][] = [
    [
      'validate a session',
      1,
      async () => {
        const { token } = await register()
        return () => site.torii.sessions.validate(token)
      },
    ],
    ['register with a password', 2, async () => () => register()],
    [
      'sign in, right password',
      2,
      async () => {
        const { user } = await register()
        return () => signIn(user.email ?? '', password)
      },
    ],
    [
      'sign in, wrong password',
      1,
      async () => {
        const { user } = await register()
        return () => signIn(user.email ?? '', 'not this one, surely')
      },
    ],
    ['sign in, unknown address', 1, async () => () => signIn(freshEmail(), password)],
    [
      'sign in, locked',
      1,
      async () => {
        const email = freshEmail()
        for (let tries = 0; tries < 10; tries += 1) await signIn(email, password)
        return async () => assert.equal((await signIn(email, password)).ok, false)
      },
    ],
    [
      'sign out',
      1,
      async () => {
        const { token } = await register()
        return () => site.torii.sessions.signOut(token)
      },
    ],
  ]

  for (const [operation, statements, prepare] of operations)
    test(`${operation}: ${statements}`, async () => {
      const run = await prepare()
      assert.equal((await site.counted(run)).statements, statements)
    })

  test('a session whose use is due to be noted: 2', async () => {
    const { token } = await register()
    await site.elapse(120)
    const { result, statements } = await site.counted(() => site.torii.sessions.validate(token))
    assert.ok(result !== null)
    assert.equal(statements, 2)
  })
})
