import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, PostgresDialect } from 'kysely'
import { createCustomer, type Database, listCustomers } from './kysely.js'
import { assertSameTime, columnsOfTables, newEmail, openSite } from './site.js'
import type { ToriiDatabase } from './torii-kysely.js'

const site = await openSite()
const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: site.pool }) })

void test('every table of the database can be queried, with the values that the definitions promise', async () => {
  for (const [table, columns] of await columnsOfTables(site.pool))
    await db
      .selectFrom(`torii.${table}` as keyof ToriiDatabase)
      .select(columns.map(({ name }) => name) as never[])
      .limit(1)
      .execute()
  const { user } = await site.torii.admin
    .create({ email: newEmail(), metadata: { plan: 'free' } })
    .then((made) => (made.ok ? made : assert.fail()))
  const row = await db
    .selectFrom('torii.users')
    .selectAll()
    .where('id', '=', user.id)
    .executeTakeFirstOrThrow()
  const created: Date = row.created_at
  const verified: Date | null = row.email_verified_at
  const epoch: number = row.session_epoch
  assert.deepEqual([verified, epoch, row.metadata], [null, 0, { plan: 'free' }])
  assertSameTime(created, user.createdAt)
})

void test('no insert and no update of a table of Torii compiles', () => {
  const read = db.selectFrom('torii.users').select('email')
  // @ts-expect-error Torii writes its tables itself.
  const insert = db.insertInto('torii.users').values({ email: 'ada@example.com' })
  // @ts-expect-error Torii writes its tables itself.
  const update = db.updateTable('torii.users').set({ disabled_at: null })
  for (const query of [read, insert, update]) assert.match(query.compile().sql, /"torii"."users"/)
})

void test('the account and the customer commit together, or neither', async () => {
  const customer = { email: newEmail(), plan: 'free' }
  const created = await createCustomer(db, site, customer)
  assert.ok(created.ok)
  const [mine] = (await listCustomers(db)).filter(({ email }) => email === customer.email)
  assert.deepEqual([mine?.email, mine?.plan], [customer.email, customer.plan])
  assertSameTime(mine?.since, created.user.createdAt)
  assert.equal((await createCustomer(db, site, customer)).ok, false)

  const email = newEmail()
  await assert.rejects(createCustomer(db, site, { email, plan: null as never }))
  assert.equal(await site.storage.users.findByEmail(email), null)
})
