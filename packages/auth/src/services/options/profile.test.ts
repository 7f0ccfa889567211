import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { InvalidOptionsError } from 'torii-core'
import { describe, test } from 'vitest'
import { google } from '../../oauth-client/providers/google.js'
import { defaults } from './defaults.js'
import type { ResolvedOptions, ToriiOptions } from './options.js'
import { resolveOptions } from './options.js'

const given = {
  baseUrl: 'https://app.example',
  keys: [{ id: 'k1', secret: Buffer.from('0123456789abcdef0123456789abcdef') }],
  mailer: { send: () => Promise.resolve() },
  profile: 'aal2',
} satisfies ToriiOptions
const provider = { clientId: 'id', clientSecret: 'secret' }

/** The options as JavaScript callers and configuration files can hand them over. */
const resolve = (more: object = {}): ResolvedOptions =>
  Reflect.apply(resolveOptions, null, [{ ...given, ...more }])

describe('profile: aal2', () => {
  test('docs/levels.md lists what it sets, as it is', () => {
    const page = readFileSync(new URL('../../../../../docs/levels.md', import.meta.url), 'utf8')
    const section = page.slice(page.indexOf('## NIST SP 800-63B-4, AAL2'))
    const listed = [...section.matchAll(/^\| `([\w.]+)` \| `([^`]+)` \|/gm)]
    const resolved = resolve()
    const valueAt = (path: string): unknown =>
      path.split('.').reduce<unknown>((value, name) => Reflect.get(Object(value), name), resolved)
    assert.deepEqual(
      listed.map(([, option = '']) => [option, String(valueAt(option) ?? false)]),
      listed.map(([, option, value]) => [option, value]),
    )
    assert.equal(listed.length, 7)
  })

  test('without it nothing changes', () => {
    const { profile: _, ...rest } = given
    const { profile, ...resolved } = resolveOptions(rest)
    assert.equal(profile, null)
    assert.deepEqual(resolved.session, defaults.session)
    assert.deepEqual(
      [resolved.secondFactor.required, resolved.magicLink?.code],
      ['optional', false],
    )
  })

  test('what is given stays, and may be stricter', () => {
    const session = { idleSeconds: 600, absoluteSeconds: 7200 }
    const undefinedIdle = { session: { idleSeconds: undefined, recentSeconds: 60 } }
    assert.equal(resolve(undefinedIdle).session.idleSeconds, 3600)
    const resolved = resolve({
      session: { ...session, recentSeconds: undefined },
      passkey: { rpName: 'Acme', userVerification: undefined },
      oauth: { providers: [google({ ...provider, trustFirstFactor: true })] },
      magicLink: false,
    })
    const { idleSeconds, absoluteSeconds } = resolved.session
    assert.deepEqual({ idleSeconds, absoluteSeconds }, session)
    assert.deepEqual(
      [resolved.passkey.rpName, resolved.passkey.userVerification],
      ['Acme', 'required'],
    )
  })

  const refused: readonly (readonly [option: string, more: object])[] = [
    ['profile', { profile: 'aal3' }],
    ['profile', { profile: true }],
    ['session.idleSeconds', { session: { idleSeconds: 3601 } }],
    ['session.absoluteSeconds', { session: { absoluteSeconds: 86_401 } }],
    ['session', { session: null }],
    ['secondFactor.required', { secondFactor: { required: 'per-user' } }],
    ['secondFactor.required', { secondFactor: { required: 'optional' } }],
    ['secondFactor.trustedBrowsers', { secondFactor: { trustedBrowsers: { days: 1 } } }],
    [
      'secondFactor.required',
      { secondFactor: { required: 'optional', trustedBrowsers: { days: 1 } } },
    ],
    ['magicLink', { magicLink: {} }],
    ['magicLink', { magicLink: { code: true } }],
    ['passkey.userVerification', { passkey: { userVerification: 'preferred' } }],
    ['baseUrl', { baseUrl: 'http://127.0.0.1:3000' }],
    ['keys', { keys: [] }],
    ['secondFactor.required', { mailer: undefined }],
    ['secondFactor.required', { requireVerifiedEmail: false }],
    ['oauth.providers[0].trustFirstFactor', { oauth: { providers: [google(provider)] } }],
    [
      'oauth.providers[1].trustFirstFactor',
      {
        oauth: {
          providers: [
            google({ ...provider, trustFirstFactor: true }),
            google({ ...provider, name: 'second' }),
          ],
        },
      },
    ],
  ]
  test('what the profile sets is named as the reason', () => {
    for (const more of [
      { secondFactor: { trustedBrowsers: { days: 1 } } },
      { mailer: undefined },
      { requireVerifiedEmail: false },
    ])
      assert.throws(() => resolve(more), /always, which profile aal2 sets/)
  })

  for (const [option, more] of refused)
    test(`refused: ${option} in ${JSON.stringify(more)}`, () => {
      assert.throws(
        () => resolve(more),
        (error) =>
          error instanceof InvalidOptionsError && error.message.startsWith(`option ${option}: `),
      )
    })
})
