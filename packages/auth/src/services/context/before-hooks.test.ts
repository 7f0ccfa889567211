import assert from 'node:assert/strict'
import { ToriiError } from 'torii-core'
import { test } from 'vitest'
import { readRequestInfo } from '../../base/request-info.js'
import type { Attempt, HookVerdict } from '../options/hooks.js'
import { resolveHooks } from '../options/hooks.js'
import { createBeforeHooks } from './before-hooks.js'

const info = readRequestInfo({ ip: '203.0.113.7', userAgent: 'Test/1.0' })
const call = { operation: 'password.authenticate', info } as const
const verdict = (value: unknown) => ({ beforeSignIn: async () => value as HookVerdict })
const isHookError = (error: unknown) => error instanceof ToriiError && error.code === 'ERR_HOOK'

test('without a hook every call goes on', async () => {
  assert.equal(await createBeforeHooks({})(['beforeSignIn', 'beforeSession'], call), null)
})

test('T10.160 null and undefined allow; a refusal is returned, and later hooks do not run', async () => {
  for (const allowed of [null, undefined])
    assert.equal(await createBeforeHooks(verdict(allowed))(['beforeSignIn'], call), null)
  const refusal = { refuse: 'country_blocked', message: 'Not available in your country.' }
  const before = createBeforeHooks({
    ...verdict(refusal),
    beforeSession: () => assert.fail('runs after a refusal'),
  })
  assert.deepEqual(await before(['beforeSignIn', 'beforeSession'], call), {
    ok: false,
    reason: 'refused_by_application',
    code: 'country_blocked',
    message: 'Not available in your country.',
  })
})

test('T10.160 anything but nothing and a refusal fails the call', async () => {
  const message = 'No.'
  for (const wrong of [
    ...[false, true, 0, '', 'bot_suspected', [], {}],
    ...['', 'ab', 'Bot', '1st', '_bot', 'bot-suspected', 'bot suspected', 'b'.repeat(65), 42].map(
      (refuse) => ({ refuse, message }),
    ),
    { refuse: 'bot_suspected' },
    { refuse: 'bot_suspected', message: ' ' },
    { refuse: 'bot\nsuspected', message },
    { refuse: 'bot_suspected\n', message },
  ])
    await assert.rejects(
      createBeforeHooks(verdict(wrong))(['beforeSignIn'], call),
      isHookError,
      JSON.stringify(wrong),
    )
  const longest = { refuse: 'b'.repeat(64), message }
  const refused = await createBeforeHooks(verdict(longest))(['beforeSignIn'], call)
  assert.equal(refused?.code, longest.refuse)
})

test('T10.161 a hook that is late fails the call, and its signal is aborted', async () => {
  let signal: AbortSignal | undefined
  const before = createBeforeHooks(
    {
      beforeSignIn(attempt: Attempt) {
        signal = attempt.signal
        return new Promise<HookVerdict>(() => undefined)
      },
    },
    { seconds: 0.02, concurrency: 1 },
  )
  await assert.rejects(before(['beforeSignIn'], call), isHookError)
  assert.equal(signal?.aborted, true)
  // The hook still runs, so there is no place for another one.
  await assert.rejects(
    before(['beforeSignIn'], call),
    (error) => error instanceof ToriiError && error.code === 'ERR_BUSY',
  )
})

test('T10.161 a hook that has ended gives its place back, whatever it did', async () => {
  let calls = 0
  const before = createBeforeHooks(
    {
      beforeSignIn() {
        calls += 1
        if (calls === 1) throw new Error('once')
        return null
      },
    },
    { seconds: 1, concurrency: 1 },
  )
  await assert.rejects(before(['beforeSignIn'], call), isHookError)
  assert.equal(await before(['beforeSignIn'], call), null)
  assert.equal(await before(['beforeSignIn'], call), null)
})

test('a hook receives the request without its credentials', async () => {
  const headers: Record<string, string> = {
    'x-bot-token': 'passed',
    cookie: 'torii=secret',
    authorization: 'Bearer secret',
  }
  const seen: unknown[] = []
  const before = createBeforeHooks({
    beforeRegister({ request, ...attempt }) {
      const names = ['X-Bot-Token', 'cookie', 'Authorization', 'absent']
      seen.push(attempt.fields, attempt.email, Object.keys(request))
      seen.push(...names.map((name) => request.header(name)))
      return null
    },
  })
  const requestInfo = readRequestInfo({
    ...{ ip: '203.0.113.7', userAgent: 'Test/1.0', deviceCookie: 'secret' },
    header: (name: string) => headers[name],
  })
  const fields = { company: 'Acme' }
  const email = 'ada@example.com'
  await before(['beforeRegister'], { ...call, info: requestInfo, fields, email })
  assert.deepEqual(seen, [fields, email, ['ip', 'userAgent', 'header'], 'passed', null, null, null])
})

test('an unknown hook is refused at start, and so is a hook that is no function', () => {
  assert.throws(
    () => resolveHooks({ beforeSignin: () => null }),
    /hooks\.beforeSignin.*beforeSignIn/,
  )
  assert.throws(() => resolveHooks({ beforeSession: 'later' }), /hooks\.beforeSession: must be a/)
})
