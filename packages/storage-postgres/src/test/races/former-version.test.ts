import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { NewSession, UserId } from 'torii-core'
import type { InstalledVersion } from 'torii-testing'
import { installFormerVersion, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../../index.js'
import {
  enroll,
  enrolledEpochs,
  ownerOf,
  startEnrollment,
  trustBrowser,
  trustedSession,
} from './enrollment.test.support.js'
import type { Person } from './people.test.support.js'
import {
  actorOf,
  firstEpochs,
  freshSecretHash,
  isLive,
  keyOf,
  newSession,
  signUp,
} from './people.test.support.js'

// Version 0.1.0 works on the same database, and knows no second factor.

/** What is called of the storage of 0.1.0. */
interface FormerStorage {
  readonly sessions: {
    open(userId: UserId, session: NewSession): Promise<{ ok: boolean }>
    derive(
      actor: Omit<ReturnType<typeof actorOf>, 'epochs'> & { epochs: object },
      session: NewSession,
    ): Promise<object | null>
    revokeAll(userId: UserId): Promise<number>
  }
  readonly passwords: {
    signIn(input: object): Promise<{ ok: boolean }>
  }
  close(): Promise<void>
}

const rounds = 60
const crowd = 8

let installed: InstalledVersion
let former: FormerStorage
let formerHash: (text: string) => object
let storage: PostgresStorage
beforeAll(async () => {
  const { url } = await testDatabase()
  installed = await installFormerVersion('0.1.0')
  const load = async (name: string) => {
    const entry = join(installed.packages, name, 'dist/index.js')
    return import(pathToFileURL(entry).href)
  }
  const core: { PasswordHash: new (text: string) => object } = await load('torii-core')
  formerHash = (text) => new core.PasswordHash(text)
  const { PostgresStorage: Former }: { PostgresStorage: typeof PostgresStorage } =
    await load('torii-storage-postgres')
  // Its types are those of this version, with less in them.
  former = (await Former.connect(url)) as unknown as FormerStorage
  storage = await PostgresStorage.connect(url)
})
afterAll(async () => {
  await former.close()
  await storage.close()
  await installed.remove()
})

/** Opens a session by 0.1.0, which sees no reason to refuse it. */
async function openFormer({ id }: Person) {
  const session = newSession()
  assert.equal((await former.sessions.open(id, session)).ok, true)
  return keyOf(id, session)
}

describe('R7.3 sessions that a process of 0.1.0 opens', () => {
  test('are of level 1 while the user has no second factor, and may enroll one', async () => {
    const person = await signUp(storage)
    const key = await openFormer(person)
    const valid = await storage.sessions.validate(key, { touchSeconds: 60 })
    assert.equal(valid?.session.level, 1)
    assert.equal(valid.session.level2At, null)
    const owner = await enroll(storage, { ...person, key })
    const raised = await storage.sessions.validate(owner.key, { touchSeconds: 60 })
    assert.equal(raised?.session.level, 2)
    assert.equal(await isLive(storage, person.key), false)
  })

  test('are not valid once the user has one: they open, list and change nothing', async () => {
    const owner = await enroll(storage, await signUp(storage))
    const key = await openFormer(owner)
    const derived = newSession()
    assert.notEqual(await former.sessions.derive(ownerOf(owner), derived), null)
    const signedIn = newSession()
    const credential = {
      userId: owner.id,
      hash: formerHash(owner.hash.reveal()),
      epochs: enrolledEpochs,
    }
    const refund = { account: null, ipAddress: null }
    assert.equal(
      (await former.passwords.signIn({ credential, session: signedIn, refund })).ok,
      true,
    )
    for (const ended of [key, keyOf(owner.id, derived), keyOf(owner.id, signedIn)]) {
      assert.equal(await isLive(storage, ended), false)
      const next = freshSecretHash()
      assert.equal(await storage.sessions.rotate(ended, next), null)
      const proof = { newSecretHash: next, method: 'password' } as const
      assert.equal(await storage.sessions.reauthenticate(ended, proof), null)
      const code = { step: owner.step + 1, newSecretHash: next, refund }
      assert.equal(await storage.secondFactors.reauthenticate(ended, code), null)
      const actor = { userId: owner.id, sessionId: ended.id, epochs: enrolledEpochs }
      assert.deepEqual(await storage.sessions.revokeOthers(actor), { ok: false, reason: 'stale' })
      assert.deepEqual(await storage.secondFactors.removeTotp(actor, next), {
        ok: false,
        reason: 'stale',
      })
      assert.equal(await storage.sessions.derive(actor, newSession()), null)
    }
    assert.deepEqual(
      (await storage.sessions.list(owner.id)).map(({ id }) => id),
      [owner.key.id],
    )
    // Nor do they come back when the factor is removed.
    assert.equal(
      (await storage.secondFactors.removeTotp(ownerOf(owner), freshSecretHash())).ok,
      true,
    )
    assert.equal(await isLive(storage, key), false)
  })

  test(`in the midst of an enrollment: ${rounds} rounds of ${crowd} leave none`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const person = await signUp(storage)
      const confirmation = await startEnrollment(storage, person)
      const early = Array.from({ length: crowd / 2 }, () => openFormer(person))
      const confirming = storage.secondFactors.confirmTotp(actorOf(person), confirmation)
      const late = Array.from({ length: crowd / 2 }, () => openFormer(person))
      const keys = await Promise.all([...early, ...late])
      assert.equal((await confirming).ok, true)
      for (const key of keys) assert.equal(await isLive(storage, key), false)
      assert.equal((await storage.sessions.list(person.id)).length, 1)
    }
  })

  test('use no trusted browser, and their end by 0.1.0 ends its trust', async () => {
    const owner = await enroll(storage, await signUp(storage))
    const trusted = await trustBrowser(storage, owner, owner.step + 1)
    const session = trustedSession(trusted.secretHash)
    assert.equal((await former.sessions.open(owner.id, session)).ok, true)
    assert.equal(await isLive(storage, keyOf(owner.id, session)), false)
    assert.equal((await storage.secondFactors.listTrustedBrowsers(owner.id)).length, 1)
    await former.sessions.revokeAll(owner.id)
    assert.deepEqual(await storage.secondFactors.listTrustedBrowsers(owner.id), [])
    const after = await storage.sessions.open(owner.id, trustedSession(trusted.secretHash))
    assert.equal(after.ok, false)
  })

  test('are seen by 0.1.0 itself, which is why factors wait until every process is of this version', async () => {
    const owner = await enroll(storage, await signUp(storage))
    const actor = { ...actorOf(owner), epochs: firstEpochs }
    assert.equal(await former.sessions.derive(actor, newSession()), null)
    assert.notEqual(await former.sessions.derive(ownerOf(owner), newSession()), null)
  })
})
