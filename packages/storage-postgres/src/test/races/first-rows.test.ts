import assert from 'node:assert/strict'
import { newUserId } from 'torii-core'
import { test } from 'vitest'
import {
  actorOf,
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
  widePolicy,
} from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'

/*
 * Twenty callers of an operation at once, while the row that it locks first does not exist yet: a caller whose snapshot
 * does not see the row that another one has just stored locks nothing there, and must not lock the later rows first.
 */
const callers = 20
const rounds = 12
const lifetimeSeconds = 600

const { storage, retried } = await openRaceStorage()

const charges = () => ({
  address: { key: freshRateLimitKey(), policy: widePolicy },
  ipAddress: { key: freshRateLimitKey(), policy: widePolicy },
})

interface Crowd {
  /** One call of the crowd. */
  readonly call: () => Promise<unknown>
}

const crowds: Readonly<Record<string, () => Promise<Crowd>>> = {
  'links for a fresh email': async () => {
    const [email, charged] = [freshEmail(), charges()]
    return {
      call: () =>
        storage.magicLinks.issue({
          email,
          tokenHash: freshSecretHash(),
          codeHash: null,
          lifetimeSeconds,
          charges: charged,
        }),
    }
  },
  'links for a fresh email, with codes that are used and charges that are given back': async () => {
    const [email, charged] = [freshEmail(), charges()]
    const refund = { account: charged.address.key, ipAddress: charged.ipAddress.key }
    return {
      async call() {
        const codeHash = freshSecretHash()
        const tokenHash = freshSecretHash()
        await storage.magicLinks.issue({
          email,
          tokenHash,
          codeHash,
          lifetimeSeconds,
          charges: charged,
        })
        const proof = { session: newSession(), newUserId: newUserId() }
        await storage.magicLinks.consumeCode({ email, codeHashes: [codeHash], refund }, proof)
      },
    }
  },
  'first verifications of a user': async () => {
    const { email } = await signUp(storage, { emailVerified: false })
    const charged = charges()
    return {
      call: () =>
        storage.verificationTokens.issue({
          purpose: 'verify_email',
          email,
          secretHash: freshSecretHash(),
          lifetimeSeconds,
          charges: charged,
        }),
    }
  },
  'first resets of a user, which are used and give charges back': async () => {
    const { id, email } = await signUp(storage)
    const charged = charges()
    const refund = { account: charged.address.key, ipAddress: charged.ipAddress.key }
    return {
      async call() {
        const secretHash = freshSecretHash()
        const { verificationTokens } = storage
        const token = { purpose: 'reset_password', email, secretHash, lifetimeSeconds } as const
        await verificationTokens.issue({ ...token, charges: charged })
        const hash = freshPasswordHash()
        await verificationTokens.resetPassword({ userId: id, secretHash }, { hash, refund })
      },
    }
  },
  'first changes of an email': async () => {
    const person = await signUp(storage)
    const charged = charges()
    return {
      call: () =>
        storage.verificationTokens.issueEmailChange({
          actor: actorOf(person),
          email: freshEmail(),
          secretHash: freshSecretHash(),
          lifetimeSeconds,
          charges: charged,
        }),
    }
  },
  'registrations of a fresh email by mail': async () => {
    const email = freshEmail()
    return {
      call: () =>
        storage.users.register({
          id: newUserId(),
          email,
          verification: { secretHash: freshSecretHash(), lifetimeSeconds },
        }),
    }
  },
  'first charges of two keys': async () => {
    const { address: account, ipAddress } = charges()
    return { call: () => storage.rateLimits.charge({ account, ipAddress }) }
  },
  'first passwords of a user': async () => {
    const person = await signUp(storage, { password: false })
    return { call: () => storage.passwords.set(actorOf(person), freshPasswordHash()) }
  },
}

for (const [name, start] of Object.entries(crowds))
  test(`R2.4 ${callers} at once, ${rounds} rounds: ${name}, without a deadlock`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { call } = await start()
      await Promise.all(Array.from({ length: callers }, call))
    }
    assert.deepEqual(retried.splice(0), [])
  })
