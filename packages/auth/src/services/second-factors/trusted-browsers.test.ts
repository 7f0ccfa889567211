import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { InvalidInputError, newTrustedBrowserId } from 'torii-core'
import { describe, test } from 'vitest'
import type { RequestInfo, ToriiEvent } from '../../index.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { enroll } from './factor.test.support.js'

const emitted: ToriiEvent[] = []
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const options = {
  keys,
  requireVerifiedEmail: false,
  secondFactor: { trustedBrowsers: { days: 7 } },
  onEvent: (event: ToriiEvent) => emitted.push(event),
}
const site = await openTestSite(options)
const { torii, db } = site
const { secondFactors } = torii

/** A user with a second factor, whose next code counts from now on. */
async function withFactor() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const enrolled = await enroll(torii, made.token.reveal(), requestInfo)
  return { email, user: made.user, ...enrolled }
}

type Person = Awaited<ReturnType<typeof withFactor>>

const authenticate = ({ email }: Person, info: RequestInfo, by = torii) =>
  by.password.authenticate({ email, password }, info)

/** Signs in by a code, and returns the outcome and the cookie that the browser has then. */
async function signInByCode(person: Person, info: RequestInfo, trustBrowser = true, by = torii) {
  await db.query('update torii.totp_factors set last_step = last_step - 2')
  const pending = await authenticate(person, info, by)
  assert.ok(!pending.ok && pending.reason === 'second_factor_required')
  const answer = { token: pending.pending.token, code: person.app.code(), trustBrowser }
  const outcome = await by.secondFactors.verify(answer, info)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return { outcome, cookie: by.trustedCookie(outcome, info) }
}

async function trustedInfo(person: Person): Promise<RequestInfo> {
  const { outcome, cookie } = await signInByCode(person, requestInfo)
  assert.equal(outcome.trustsBrowser, true)
  return { ...requestInfo, trustedCookie: cookie }
}

const eventsOf = ({ user }: Person, type: ToriiEvent['type']) =>
  emitted.filter((event) => event.userId === user.id && event.type === type)

describe('a trusted browser', () => {
  test('T14.53 costs not one statement more than a sign-in without a second factor', async () => {
    const info = await trustedInfo(await withFactor())
    const person = await withFactor()
    const trusted = await trustedInfo(person)
    const { statements, result } = await site.counted(() => authenticate(person, trusted))
    assert.ok(result.ok, JSON.stringify(result))
    assert.deepEqual([statements, result.session.level], [2, 1])
    // Nor does the cookie of someone else.
    const foreign = await site.counted(() => authenticate(person, info))
    assert.deepEqual([foreign.statements, foreign.result.ok], [2, false])
  })

  test('is recorded, and its removal too', async () => {
    const person = await withFactor()
    await trustedInfo(person)
    const [trusted] = eventsOf(person, 'browser_trusted')
    const valid = (await torii.sessions.validate(person.token)) ?? assert.fail()
    const [browser] = await secondFactors.listTrustedBrowsers(valid)
    assert.deepEqual(trusted?.detail, { trustedBrowserId: browser?.id })
    assert.notEqual(trusted?.sessionId, null)
    const exported = await torii.users.export(valid)
    assert.ok(exported.ok)
    assert.deepEqual(exported.data.trustedBrowsers, [browser])
    const remove = (id: string) => secondFactors.removeTrustedBrowser(valid, id, requestInfo)
    for (const id of ['', 'x', newTrustedBrowserId()]) assert.equal(await remove(id), false)
    assert.equal(await remove(browser?.id ?? ''), true)
    assert.equal(await secondFactors.removeTrustedBrowsers(valid, requestInfo), 0)
    const removed = eventsOf(person, 'trusted_browsers_removed')
    assert.deepEqual(
      removed.map(({ detail }) => detail),
      [{ count: 1 }],
    )
  })

  test('opens a session for the application that identified the user, and no other level', async () => {
    const person = await withFactor()
    const info = await trustedInfo(person)
    const opened = await torii.sessions.open(person.user.id, 'password', info)
    assert.ok(opened.ok)
    const signedIn = { ...opened, user: person.user }
    const next = torii.trustedCookie(signedIn, info)
    assert.notEqual(next, null)
    const proved = await torii.sessions.open(
      person.user.id,
      'password',
      { ...info, trustedCookie: next },
      { level: 2 },
    )
    assert.ok(proved.ok && proved.session.level === 2)
    assert.equal(torii.trustedCookie({ ...proved, user: person.user }, info), null)
  })

  test('is made by `trustBrowser` alone, which is true or false', async () => {
    const person = await withFactor()
    const { outcome, cookie } = await signInByCode(person, requestInfo, false)
    assert.deepEqual(['trustsBrowser' in outcome, cookie], [false, null])
    for (const trustBrowser of [1, 'true', {}] as unknown as boolean[])
      await assert.rejects(
        secondFactors.verify({ token: 'x', code: '123456', trustBrowser }, requestInfo),
        (error) => error instanceof InvalidInputError && error.field === 'trustBrowser',
      )
  })

  test('takes the place of the one that the browser was, where that one was not asked', async () => {
    const person = await withFactor()
    const info = await trustedInfo(person)
    await db.query('update torii.totp_factors set last_step = last_step - 2')
    const waits = await authenticate(person, requestInfo)
    assert.ok(!waits.ok && waits.reason === 'second_factor_required')
    const answer = { token: waits.pending.token, code: person.app.code(), trustBrowser: true }
    const opened = await secondFactors.verify(answer, info)
    assert.ok(opened.ok, JSON.stringify(opened))
    const valid = (await torii.sessions.validate(opened.token)) ?? assert.fail()
    assert.equal((await secondFactors.listTrustedBrowsers(valid)).length, 1)
  })

  test('is not made, and its cookie not replaced, where the option is off', async () => {
    const person = await withFactor()
    const off = site.with({ ...options, secondFactor: {} })
    const { outcome, cookie } = await signInByCode(person, requestInfo, true, off)
    assert.deepEqual(['trustsBrowser' in outcome, cookie], [false, null])
    const valid = (await torii.sessions.validate(outcome.token)) ?? assert.fail()
    assert.deepEqual(await secondFactors.listTrustedBrowsers(valid), [])
    const info = await trustedInfo(person)
    const signedIn = await authenticate(person, info)
    assert.ok(signedIn.ok)
    assert.equal(off.trustedCookie(signedIn, info), null)
    assert.notEqual(torii.trustedCookie(signedIn, info), null)
  })

  test('keeps one entry for each account after a rotation of the keys', async () => {
    const person = await withFactor()
    const info = await trustedInfo(person)
    const added = { id: 'k2', secret: randomBytes(32) }
    const rotated = site.with({ ...options, keys: [added, ...keys] })
    const signedIn = await authenticate(person, info, rotated)
    assert.ok(signedIn.ok)
    const cookie = rotated.trustedCookie(signedIn, info) ?? assert.fail()
    assert.equal(cookie.split('.').length, 1)
    // The entry of before is spent: the code makes a new one, in its place.
    const { cookie: next } = await signInByCode(person, info, true, rotated)
    assert.equal(next?.split('.').length, 1)
  })
})
