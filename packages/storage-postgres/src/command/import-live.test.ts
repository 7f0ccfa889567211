import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { newUserId } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { openImports } from './imports.test.support.js'

// Both sides are at work while accounts are imported from the database of another system, and the import is killed.

const { storage, database, importFile, report } = await openImports()
const old = await testDatabase({ empty: true })
const cli = fileURLToPath(new URL('../cli.js', import.meta.url))
const users = 1500
/** In the form of Better Auth. */
const hashOf = (digit: string) => `${'0'.repeat(32)}:${digit.repeat(128)}`

await old.query(`
  create table "user" (id text primary key, email text, "emailVerified" boolean, name text, "createdAt" timestamptz default now(), "updatedAt" timestamptz default now());
  create table account (id text primary key, "userId" text, "providerId" text, "accountId" text, password text, "createdAt" timestamptz default now(), "updatedAt" timestamptz default now())`)
await addAtOldSide(0, users)

/** Users `from` up to `to`, each with a password. */
async function addAtOldSide(from: number, to: number) {
  await old.query(
    `with made as (
       insert into "user" (id, email, "emailVerified", name)
       select 'u' || n, 'u' || n || '@example.com', true, 'User ' || n from generate_series($1::int, $2::int - 1) as n returning id
     )
     insert into account (id, "userId", "providerId", "accountId", password) select id, id, 'credential', id, $3 from made`,
    [from, to, hashOf('1')],
  )
}

/** Does something again and again until it is told to stop. */
function busy(work: (turn: number) => Promise<unknown>) {
  let isStopped = false
  const done = (async () => {
    for (let turn = 0; !isStopped; turn += 1) await work(turn)
  })()
  return {
    async stop() {
      isStopped = true
      await done
    },
  }
}

test('an import with live traffic on both sides, killed and run again: nothing is lost, doubled or overwritten', async () => {
  const words = ['better-auth', '--from', 'OLD_URL']
  const registered: { id: string; email: string }[] = []
  let [next, changed] = [users, 0]
  const oldSide = busy(async (turn) => {
    if (next < users + 200) {
      await addAtOldSide(next, next + 10)
      next += 10
    }
    changed = (changed + 37) % users
    await old.query(
      `update account set password = $2, "updatedAt" = clock_timestamp() where id = $1`,
      [`u${changed}`, hashOf(String(2 + (turn % 7)))],
    )
  })
  const newSide = busy(async (turn) => {
    // The address of an account that the import may bring at this moment, and one of nobody.
    const email =
      turn % 2 === 0 ? `u${(turn * 53) % users}@example.com` : `${randomUUID()}@example.com`
    const user = { id: newUserId(), email, emailVerified: true }
    const made = await storage.users.register(user)
    if (made.ok) registered.push(user)
  })
  const env = { ...process.env, DATABASE_URL: database.url, OLD_URL: old.url }
  for (let kills = 0; kills < 3; kills += 1) {
    const child = spawn(process.execPath, [cli, 'import', ...words], { env, stdio: 'ignore' })
    const closed = once(child, 'close')
    for (let tries = 0; tries < 500 && child.exitCode === null; tries += 1) {
      const { rows } = await database.query('select count(*)::int as n from torii.imported_users')
      if (Number(rows[0]?.n) > kills * 500) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    child.kill('SIGKILL')
    await closed
  }
  await importing(words)
  await Promise.all([oldSide.stop(), newSide.stop()])
  await importing([...words, '--since', '2020-01-01'])
  const { status, stdout } = await importFile([...words, '--verify', '--json'], database.url, {
    OLD_URL: old.url,
  })
  const compared = JSON.parse(stdout)
  assert.deepEqual([status, compared.differences, compared.changedHere], [0, [], []])
  // Who registered here first keeps the address, and the account of the old side, which has nothing else, stays there.
  const lost = registered.filter(({ email }) => email.startsWith('u') && /^u\d+@/.test(email))
  assert.ok(lost.length > 0)
  assert.deepEqual(
    compared.skipped.map(({ reason, count }: { reason: string; count: number }) => [reason, count]),
    [['email_taken', lost.length]],
  )
  assert.equal(compared.compared, next - lost.length)
  const { rows } = await database.query<{ kept: number; doubled: number }>(
    `select (select count(*)::int from torii.users u join torii.user_emails e on e.user_id = u.id
         where u.id = any ($1::uuid[]) and e.email_key = u.email_key) as kept,
       (select count(*)::int from (select from torii.users group by email_key having count(*) > 1) as d) as doubled`,
    [registered.map(({ id }) => id)],
  )
  assert.deepEqual(rows, [{ kept: registered.length, doubled: 0 }])
  const all = await database.query('select count(*)::int as n from torii.users')
  assert.equal(all.rows[0]?.n, registered.length + next - lost.length)

  async function importing(given: readonly string[]) {
    const done = await report(given, database.url, { OLD_URL: old.url })
    assert.deepEqual(done.leftOut, [])
  }
}, 120_000)
