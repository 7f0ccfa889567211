import assert from 'node:assert/strict'
import { test } from 'vitest'
import { goodPassword as password, requestInfo } from '../../test/site.test.support.js'
import {
  db,
  definition,
  mailbox,
  newPerson,
  provider,
  signIn,
  site,
  siteOptions,
  torii,
  validated,
  walk,
} from './oauth-site.test.support.js'
import type { ProviderPerson } from './real-provider.test.support.js'
import { unreachable } from './unreachable.test.support.js'

const invalidToken = { ok: false, reason: 'invalid_token' }

test('the first sign-in creates an account, the next one finds it: one statement to start, two to complete', async () => {
  const person = newPerson()
  const started = await site.counted(() => torii.oauth.start('work', {}, requestInfo))
  assert.equal(started.statements, 1)
  const made = await signIn(person)
  assert.deepEqual([made.how, made.user.email, made.user.name], ['created', person.email, 'Ada'])
  assert.ok(made.user.emailVerifiedAt !== null)
  assert.deepEqual(made.session.methods, ['oauth'])
  const input = await walk(person)
  const again = await site.counted(() => torii.oauth.callback('work', input, requestInfo))
  assert.ok(again.result.ok && again.result.kind === 'signed_in')
  assert.deepEqual([again.result.how, again.result.user.id], ['known', made.user.id])
  assert.equal(again.statements, 2)
  assert.ok(await torii.sessions.validate(again.result.token))
})

test('T5.68 a provider that is not trusted, or does not report true, creates an account without an email address', async () => {
  for (const [name, person] of [
    ['play', newPerson()],
    ['work', newPerson({ email_verified: false })],
    ['work', newPerson({ email_verified: 'false' })],
    ['work', newPerson({ email_verified: undefined })],
  ] as const) {
    const made = await signIn(person, name)
    assert.deepEqual(
      [made.how, made.user.email, made.user.emailVerifiedAt],
      ['created', null, null],
    )
  }
})

test('T5.64 a verified account of the same email address is linked, and its owner is notified by mail', async () => {
  const person = newPerson()
  const email = String(person.email)
  await torii.password.register({ email, password }, requestInfo)
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'verify_email')
  const verified = await torii.email.verify({ token, password }, requestInfo)
  assert.ok(verified.ok)
  const linked = await signIn(person)
  assert.deepEqual([linked.how, linked.user.id], ['linked', verified.user.id])
  assert.ok((await torii.password.authenticate({ email, password }, requestInfo)).ok)
  await torii.settled()
  await mailbox.takeOne(email, 'account_linked')
})

test('T5.64 credentials of an unverified account are removed: the squatter’s password and session are invalid', async () => {
  const person = newPerson()
  const email = String(person.email)
  const open = site.with({ requireVerifiedEmail: false, mailer: mailbox.mailer })
  const squatter = await open.password.register({ email, password }, requestInfo)
  assert.ok(squatter.ok && squatter.token !== null)
  const taken = await signIn(person)
  assert.deepEqual([taken.how, taken.user.id], ['took_over', squatter.user.id])
  assert.equal(await torii.sessions.validate(squatter.token), null)
  assert.equal((await open.password.authenticate({ email, password }, requestInfo)).ok, false)
})

test('T5.69 the same subject at another provider is another identity', async () => {
  const person = newPerson()
  const [work, play] = [await signIn(person, 'work'), await signIn(person, 'play')]
  assert.notEqual(work.user.id, play.user.id)
})

test('T1.17 of twenty concurrent first sign-ins of one identity, one creates the account', async () => {
  const person = newPerson()
  const inputs = []
  for (let index = 0; index < 20; index += 1) inputs.push(await walk(person))
  const outcomes = await Promise.all(
    inputs.map((input) => torii.oauth.callback('work', input, requestInfo)),
  )
  const users = new Set(
    outcomes.map((one) => (one.ok && one.kind === 'signed_in' ? one.user.id : '')),
  )
  assert.equal(users.size, 1)
  assert.equal(
    outcomes.filter((one) => one.ok && one.kind === 'signed_in' && one.how === 'created').length,
    1,
  )
})

test('onUserCreated runs in the commit of a first sign-in, and not for a known or linked account', async () => {
  const seen: string[] = []
  const hooked = (fails: boolean) =>
    site.with({
      mailer: mailbox.mailer,
      keys: siteOptions.keys,
      oauth: { providers: [{ ...definition, trustEmail: true }] },
      hooks: {
        async onUserCreated(tx, user) {
          const { rows } = await tx.query(
            'select 1 from torii.oauth_accounts where user_id = $1::uuid',
            [user.id],
          )
          assert.equal(rows.length, 1, 'the identity is there when the hook runs')
          seen.push(user.id)
          if (fails) throw new Error('no seat left')
        },
      },
    })
  const person = newPerson()
  const enter = async (fails: boolean, who: ProviderPerson) => {
    const outcome = await hooked(fails).oauth.callback('work', await walk(who), requestInfo)
    assert.ok(outcome.ok && outcome.kind === 'signed_in')
    return outcome
  }
  await assert.rejects(enter(true, person), /no seat left/)
  const { rows } = await db.query('select 1 from torii.oauth_accounts where subject = $1', [
    person.sub,
  ])
  assert.equal(rows.length, 0)
  const owners = await db.query('select 1 from torii.user_emails where email_key = $1', [
    person.email,
  ])
  assert.equal(owners.rows.length, 0)
  const made = await enter(false, person)
  assert.equal(made.how, 'created')
  assert.deepEqual(seen.slice(1), [made.user.id])
  assert.equal((await enter(false, person)).how, 'known')
  const held = newPerson()
  await torii.password.register({ email: String(held.email), password }, requestInfo)
  assert.equal((await enter(false, held)).how, 'took_over')
  const verified = newPerson()
  const { token } = await torii.magicLink.create({ email: String(verified.email) })
  assert.ok((await torii.magicLink.authenticate({ token }, requestInfo)).ok)
  assert.equal((await enter(false, verified)).how, 'linked')
  assert.equal(seen.length, 2)
})

test('T6.76 a user who declines gets declined; the state is used and no account is created', async () => {
  const started = await torii.oauth.start('work', {}, requestInfo)
  assert.ok(started.ok)
  const back = await provider.decline(started.url)
  const input = { query: back.searchParams, browser: started.browser, valid: null }
  assert.deepEqual(await torii.oauth.callback('work', input, requestInfo), {
    ok: false,
    reason: 'declined',
  })
  assert.deepEqual(await torii.oauth.callback('work', input, requestInfo), invalidToken)
})

test('T6.83 a disabled provider is refused like an unknown one', async () => {
  const unknown = { ok: false, reason: 'not_found' }
  assert.ok(!torii.oauth.providers().some(({ id }) => id === 'closed'))
  for (const name of ['closed', 'nobody', '__proto__']) {
    assert.deepEqual(await torii.oauth.start(name, {}, requestInfo), unknown)
    const input = { query: new URLSearchParams(), browser: null, valid: null }
    assert.deepEqual(await torii.oauth.callback(name, input, requestInfo), unknown)
  }
})

test('T2.31 a disabled account cannot be signed in to by its provider', async () => {
  const person = newPerson()
  const { user } = await signIn(person)
  await site.storage.users.disable(user.id)
  assert.deepEqual(await torii.oauth.callback('work', await walk(person), requestInfo), {
    ok: false,
    reason: 'account_disabled',
  })
})

test('T6.81 only a path of this site is accepted for the redirect', async () => {
  const goesTo = async (redirectTo: string) => {
    const input = await walk(newPerson(), 'work', redirectTo)
    const outcome = await torii.oauth.callback('work', input, requestInfo)
    assert.ok(outcome.ok)
    return outcome.redirectTo
  }
  assert.equal(await goesTo('/account?tab=1'), '/account?tab=1')
  for (const evil of [
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
  ])
    assert.equal(await goesTo(evil), null)
})

async function linkOnce(
  valid: Awaited<ReturnType<typeof validated>>,
  person: ProviderPerson,
  ends = valid,
) {
  const started = await torii.oauth.startLink(valid, 'play', {}, requestInfo)
  assert.ok(started.ok)
  const back = await provider.signIn(started.url, person)
  const input = { query: back.searchParams, browser: started.browser, valid: ends }
  return torii.oauth.callback('play', input, requestInfo)
}

test('linking adds a sign-in method; unlinking removes it unless it is the last one', async () => {
  const { token, user } = await signIn(newPerson())
  const valid = await validated(token)
  const friend = newPerson()
  const linked = await linkOnce(valid, friend)
  assert.ok(linked.ok && linked.kind === 'linked')
  assert.equal((await signIn(friend, 'play')).user.id, user.id)
  assert.deepEqual((await torii.oauth.list(valid)).map(({ provider: name }) => name).sort(), [
    'play',
    'work',
  ])
  assert.deepEqual(await torii.oauth.unlink(valid, linked.account.id, requestInfo), { ok: true })
  assert.deepEqual(await torii.oauth.unlink(valid, linked.account.id, requestInfo), {
    ok: false,
    reason: 'not_found',
  })
  await db.query('update torii.users set email_verified_at = null where id = $1', [user.id])
  const [last] = await torii.oauth.list(valid)
  assert.deepEqual(await torii.oauth.unlink(valid, last?.id ?? '', requestInfo), {
    ok: false,
    reason: 'last_method',
  })
})

test('T5.71 a flow that links ends only in the session that started it', async () => {
  const [one, two] = [
    await validated((await signIn(newPerson())).token),
    await validated((await signIn(newPerson())).token),
  ]
  assert.deepEqual(await linkOnce(one, newPerson(), two), invalidToken)
  const started = await torii.oauth.startLink(one, 'play', {}, requestInfo)
  assert.ok(started.ok)
  const back = await provider.signIn(started.url, newPerson())
  const input = { query: back.searchParams, browser: started.browser, valid: null }
  assert.deepEqual(await torii.oauth.callback('play', input, requestInfo), invalidToken)
})

test('T1.18 an identity that is linked to an account is not linked to another', async () => {
  const owner = newPerson()
  await signIn(owner, 'play')
  const valid = await validated((await signIn(newPerson())).token)
  assert.deepEqual(await linkOnce(valid, owner), { ok: false, reason: 'already_exists' })
})

test('linking and unlinking need a recent authentication', async () => {
  const { token } = await signIn(newPerson())
  await site.elapse(601)
  const old = await validated(token)
  const required = { ok: false, reason: 'reauthentication_required' }
  assert.deepEqual(await torii.oauth.startLink(old, 'play', {}, requestInfo), required)
  const [account] = await torii.oauth.list(old)
  assert.deepEqual(await torii.oauth.unlink(old, account?.id ?? '', requestInfo), required)
})

test('a rate-limited start is refused before any request to the provider, also while it is down', async () => {
  const info = { ...requestInfo, ip: '198.51.100.77' }
  const down = site.with({
    bruteForce: { starts: { cap: 2 } },
    oauth: { providers: [{ ...definition, issuer: await unreachable() }] },
  })
  const failed = { ok: false, reason: 'provider_failed' }
  assert.deepEqual(await down.oauth.start('work', {}, info), failed)
  assert.deepEqual(await down.oauth.start('work', {}, info), failed)
  const third = await down.oauth.start('work', {}, info)
  assert.equal(third.ok ? '' : third.reason, 'too_many_attempts')
})
