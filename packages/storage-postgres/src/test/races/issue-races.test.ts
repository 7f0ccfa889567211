import assert from 'node:assert/strict'
import { newUserId } from 'torii-core'
import { test } from 'vitest'
import {
  actorOf,
  firstEpochs,
  freshEmail,
  freshPasswordHash,
  freshSecretHash,
  isLive,
  keyOf,
  newSession,
  signUp,
} from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'

const linkRounds = 100
const linkIssues = 4
const linkCallers = 8
const resetRounds = 200
const resetIssues = 2
const resetCallers = 2

const { database, storage, retried } = await openRaceStorage()

const lifetime = { lifetimeSeconds: 600, charges: null } as const
const list = <Item>(count: number, make: () => Item): Item[] => Array.from({ length: count }, make)

async function countOf(rows: string, value: unknown): Promise<number> {
  const found = await database.query(`select 1 from torii.${rows}`, [value])
  return found.rows.length
}

test(`T1.1 T1.11 ${linkIssues} links of one address, each opened by ${linkCallers} as soon as it is issued, ${linkRounds} rounds`, async (t) => {
  const seen = { opened: 0, ended: 0 }
  for (let round = 0; round < linkRounds; round += 1) {
    // Known and unknown addresses, verified and not.
    const email = round % 2 === 0 ? freshEmail() : (await signUpSomehow(round % 4 === 1)).email
    const links = list(linkIssues, () => ({
      tokenHash: freshSecretHash(),
      proofs: list(linkCallers, () => ({ session: newSession(), newUserId: newUserId() })),
    }))
    const answers = await Promise.all(
      links.map(async ({ tokenHash, proofs }) => {
        await storage.magicLinks.issue({ email, tokenHash, codeHash: null, ...lifetime })
        return Promise.all(proofs.map((proof) => storage.magicLinks.consume(tokenHash, proof)))
      }),
    )
    const won = links.map(({ proofs }, link) =>
      proofs.filter((_, caller) => answers[link]?.[caller]?.ok),
    )
    const winners = won.flat()
    // The first one that was stored is good until one of its own callers, or of another link, opens it.
    assert.ok(winners.length >= 1 && won.every((ofOne) => ofOne.length <= 1))
    const users = new Set(answers.flat().flatMap((answer) => (answer.ok ? [answer.user.id] : [])))
    const [id] = users
    assert.ok(id !== undefined && users.size === 1)
    assert.equal((await storage.users.findByEmail(email))?.id, id)
    for (const { session } of winners) assert.equal(await isLive(storage, keyOf(id, session)), true)
    assert.equal((await storage.sessions.list(id)).length - winners.length, round % 4 === 3 ? 1 : 0)
    for (const { tokenHash } of links) assert.equal(await storage.magicLinks.find(tokenHash), null)
    assert.ok((await countOf('magic_links where email_key = $1', email)) <= 4)
    seen.opened += winners.length
    seen.ended += linkIssues - winners.length
  }
  void t.annotate(JSON.stringify(seen))
  assert.deepEqual(retried, [])
})

/** A verified account keeps the session it was made with, an unverified one is taken over. */
const signUpSomehow = (unverified: boolean) => signUp(storage, { emailVerified: !unverified })

test(`T1.2 T1.11 ${resetIssues} resets of one user, each used by ${resetCallers} as soon as it is issued, during sign-ins and a change, ${resetRounds} rounds`, async (t) => {
  const seen = { reset: 0, changed: 0, signedIn: 0 }
  for (let round = 0; round < resetRounds; round += 1) {
    const person = await signUp(storage)
    const { id, email, hash } = person
    const next = freshPasswordHash()
    const sessions = list(3, newSession)
    const tokens = list(resetIssues, () => ({
      secretHash: freshSecretHash(),
      hashes: list(resetCallers, freshPasswordHash),
    }))
    const change = async () => {
      if (round % 2 === 0) return false
      const hashes = { verified: hash, next }
      return (await storage.passwords.change(actorOf(person), hashes)).ok
    }
    // In some rounds the change is done before a token is issued, which then is good.
    const early = round % 4 === 1 ? await change() : null
    const [changed, signIns, ...resets] = await Promise.all([
      early ?? change(),
      Promise.all(
        sessions.map((session) =>
          storage.passwords.signIn({
            credential: { userId: id, hash, epochs: firstEpochs },
            session,
            refund: { account: null, ipAddress: null },
          }),
        ),
      ),
      ...tokens.map(async ({ secretHash, hashes }) => {
        await storage.verificationTokens.issue({
          purpose: 'reset_password',
          email,
          secretHash,
          ...lifetime,
        })
        const key = { userId: id, secretHash }
        return Promise.all(
          hashes.map((each) => storage.verificationTokens.resetPassword(key, { hash: each })),
        )
      }),
    ])
    const won = tokens.map(({ hashes }, token) =>
      hashes.filter((_, caller) => resets[token]?.[caller]?.ok),
    )
    assert.ok(won.every((ofOne) => ofOne.length <= 1))
    const set = [...won.flat(), ...(changed ? [next] : [])].map((each) => each.reveal())
    assert.ok(set.length >= 1)
    const { rows } = await database.query<{ hash: string }>(
      `select p.hash from torii.passwords p join torii.users u on u.id = p.user_id
       where p.user_id = $1 and p.owner_epoch = u.owner_epoch`,
      [id],
    )
    assert.ok(set.includes(rows[0]?.hash ?? ''))
    // Every one of them has ended the sessions of everyone who knew the former password.
    const live = await storage.sessions.list(id)
    const kept = live.filter((session) => changed && session.id === person.key.id)
    assert.deepEqual([live.length - kept.length, won.flat().length > 0 ? kept.length : 0], [0, 0])
    seen.reset += won.flat().length
    seen.changed += Number(changed)
    seen.signedIn += signIns.filter(({ ok }) => ok).length
  }
  void t.annotate(JSON.stringify(seen))
  assert.ok(seen.reset >= resetRounds / 2 && seen.changed >= resetRounds / 4, JSON.stringify(seen))
  assert.deepEqual(retried, [])
})
