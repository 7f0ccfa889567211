import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import type { GrantedTokens } from '../../oauth-client/provider-client.js'
import {
  db,
  definition,
  newPerson,
  newSecret,
  provider,
  secret,
  signIn,
  site,
  torii,
  unreachableEndpoints,
  validated,
} from './oauth-site.test.support.js'
import { decryptTokens, encryptTokens } from './provider-tokens.js'

test('T9.108 tokens that are kept are not in the table in clear, and are given to their owner only', async () => {
  const { user, token } = await signIn(newPerson())
  const [account] = await torii.oauth.list(await validated(token))
  assert.ok(account?.hasTokens)
  const got = await torii.oauth.accessToken(user.id, account.id)
  assert.ok(got.ok)
  assert.equal(String(got.accessToken), '[redacted]')
  const { rows } = await db.query<{ tokens: Buffer }>('select tokens from torii.oauth_accounts')
  assert.ok(
    rows.every(({ tokens }) => tokens === null || !tokens.includes(got.accessToken.reveal())),
  )
  const stranger = await signIn(newPerson())
  assert.deepEqual(await torii.oauth.accessToken(stranger.user.id, account.id), {
    ok: false,
    reason: 'none',
  })
})

/** The account of a person who has just signed in, its tokens, and a way to change what is kept of them. */
async function keptOf(person = newPerson()) {
  const { user, token } = await signIn(person)
  const [account] = await torii.oauth.list(await validated(token))
  assert.ok(account !== undefined)
  const { oauthAccounts } = site.storage
  const stored = async () => {
    const found = await oauthAccounts.findTokens(user.id, account.id)
    assert.ok(found !== null)
    return found
  }
  const change = async (changes: Partial<GrantedTokens>, keys = torii.options.keys) => {
    const found = await stored()
    const tokens = encryptTokens(keys, { ...decryptTokens(keys, found), ...changes }, found)
    const { version } = found
    assert.ok(await oauthAccounts.replaceTokens(user.id, account.id, { version, tokens }))
  }
  return { user, account, stored, change, ask: () => torii.oauth.accessToken(user.id, account.id) }
}

const ended = { expiresAt: Date.now() - 1000 }
const tokenRequests = () => provider.requests.filter((line) => line === 'POST /token').length

test('T1.25 of eight workers that find a token ended one asks the provider, and all get the new one', async () => {
  const { ask, change } = await keptOf()
  const before = await ask()
  assert.ok(before.ok)
  await change(ended)
  const already = tokenRequests()
  const outcomes = await Promise.all(Array.from({ length: 8 }, ask))
  const tokens = new Set(outcomes.map((one) => (one.ok ? one.accessToken.reveal() : one.reason)))
  assert.equal(tokens.size, 1)
  assert.ok(!tokens.has(before.accessToken.reveal()))
  assert.equal(tokenRequests() - already, 1)
})

test('a refresh token that the provider no longer takes is sent once: the person has to sign in there again', async () => {
  const { ask, change, stored } = await keptOf()
  await change({ ...ended, refreshToken: 'gone' })
  const already = tokenRequests()
  const expired = { ok: false, reason: 'expired' }
  assert.deepEqual(await ask(), expired)
  assert.deepEqual(await ask(), expired)
  assert.equal(tokenRequests() - already, 1)
  assert.equal(decryptTokens(torii.options.keys, await stored()).refreshToken, null)
})

test('a provider that is down keeps the refresh token, and nobody waits for the one who found out', async () => {
  const { account, user, change, stored, ask } = await keptOf()
  await change(ended)
  const { refreshToken } = decryptTokens(torii.options.keys, await stored())
  const down = site.with({
    keys: [{ id: 'k1', secret }],
    oauth: {
      providers: [{ ...definition, keepTokens: true, endpoints: await unreachableEndpoints() }],
    },
  })
  for (let turn = 0; turn < 2; turn += 1)
    assert.deepEqual(await down.oauth.accessToken(user.id, account.id), {
      ok: false,
      reason: 'provider_failed',
    })
  assert.equal(decryptTokens(torii.options.keys, await stored()).refreshToken, refreshToken)
  assert.ok((await ask()).ok, 'the lease has ended, and the token is good')
})

test('rotating the key: every kept token is sealed again, save what is being refreshed; then the old key can go', async () => {
  const { account, user, stored } = await keptOf()
  const [busy, disabled] = [await keptOf(), await keptOf()]
  await site.storage.users.disable(disabled.user.id)
  const rotated = site.with({
    keys: [
      { id: 'k2', secret: newSecret },
      { id: 'k1', secret },
    ],
  })
  const { version } = await busy.stored()
  const lease = { version, leaseSeconds: 60 }
  assert.ok(await site.storage.oauthAccounts.leaseRefresh(busy.user.id, busy.account.id, lease))
  const first = await rotated.oauth.reencryptTokens()
  assert.deepEqual([first.busy, first.unreadable], [1, 0])
  assert.ok(first.reencrypted >= 2)
  assert.equal((await busy.stored()).version, version)
  await db.query('update torii.oauth_accounts set refresh_lease_ends_at = now() where id = $1', [
    busy.account.id,
  ])
  assert.deepEqual(await rotated.oauth.reencryptTokens(), {
    reencrypted: 1,
    unreadable: 0,
    busy: 0,
  })
  assert.deepEqual(await rotated.oauth.reencryptTokens(), {
    reencrypted: 0,
    unreadable: 0,
    busy: 0,
  })
  const after = site.with({
    keys: [{ id: 'k2', secret: newSecret }],
    oauth: { providers: [{ ...definition, keepTokens: true }] },
  })
  assert.ok((await after.oauth.accessToken(user.id, account.id)).ok)
  assert.ok(decryptTokens(after.options.keys, await stored()).accessToken !== '')
  // Under a key that is gone they can only be counted.
  const lost = site.with({ keys: [{ id: 'k3', secret: randomBytes(32) }] })
  const counted = await lost.oauth.reencryptTokens()
  assert.equal(counted.reencrypted, 0)
  assert.ok(counted.unreadable >= 3)
})
