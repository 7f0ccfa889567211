import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eq, is } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { createCustomer, customers, listCustomers } from './drizzle.js'
import { assertSameTime, columnsOfTables, namesOf, newEmail, openSite } from './site.js'
import * as definitions from './torii-drizzle.js'

const site = await openSite()
const db = drizzle(site.pool)
const tables = Object.values(definitions).filter((value) => is(value, PgTable))

void test('the definitions have every table, column, key and index of the database', async () => {
  const configs = tables.map((table) => getTableConfig(table))
  const found = configs.map(({ name, columns }) => [
    name,
    columns
      .map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        notNull: column.notNull,
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  ])
  assert.deepEqual(new Map(found as [string, object[]][]), await columnsOfTables(site.pool))
  assert.ok(configs.every(({ schema }) => schema === 'torii'))
  const keys = configs.flatMap(({ name, primaryKeys, foreignKeys, uniqueConstraints, indexes }) =>
    [
      ...primaryKeys.map((key) => key.getName()),
      ...foreignKeys.map((key) => key.getName()),
      ...uniqueConstraints.map((key) => key.getName()),
      ...indexes.map((index) => index.config.name),
    ].map((own) => `${name}.${own}`),
  )
  assert.deepEqual(keys.sort(), await namesOf(site.pool, 'pfui'))
  for (const table of tables) await db.select().from(table).limit(1)
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
  await site.torii.admin.delete(created.user.id)
  assert.equal((await listCustomers(db)).filter((one) => one.email === customer.email).length, 0)
})

void test('a client of the application is shared by Drizzle and Torii', async () => {
  const client = await site.pool.connect()
  try {
    await client.query('begin')
    const inside = site.torii.with(site.storage.withClient(client))
    const created = await inside.admin.create({ email: newEmail() })
    assert.ok(created.ok)
    const row = { userId: created.user.id, plan: 'shared' }
    await drizzle(client).insert(customers).values(row)
    await client.query('commit')
    inside.committed()
    const found = await db.select().from(customers).where(eq(customers.userId, row.userId))
    assert.deepEqual(found, [row])
  } finally {
    client.release()
  }
})
