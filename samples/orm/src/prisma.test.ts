import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PrismaPg } from '@prisma/adapter-pg'
import { createCustomer, listCustomers } from './prisma.js'
import { Prisma, PrismaClient } from './prisma-client/client.js'
import { assertSameTime, columnsOfTables, newEmail, openSite } from './site.js'

const site = await openSite()
const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }),
})
after(() => prisma.$disconnect())

void test('there is a model of every table of the database, with its columns', async () => {
  const models = Object.values(Prisma.ModelName).filter((name) => name.startsWith('Torii'))
  assert.equal(models.length, (await columnsOfTables(site.pool)).size)
  for (const name of models) {
    const delegate = Reflect.get(prisma, name.charAt(0).toLowerCase() + name.slice(1)) as {
      findFirst(): Promise<object | null>
    }
    await delegate.findFirst()
  }
})

void test('the account and the customer commit together, or neither', async () => {
  const customer = { email: newEmail(), plan: 'free' }
  const created = await createCustomer(prisma, site, customer)
  assert.ok(created.ok)
  const [mine] = (await listCustomers(prisma)).filter(({ user }) => user.email === customer.email)
  assert.equal(mine?.plan, 'free')
  assertSameTime(mine.user.createdAt, created.user.createdAt)
  assert.equal((await createCustomer(prisma, site, customer)).ok, false)

  const email = newEmail()
  await assert.rejects(createCustomer(prisma, site, { email, plan: null as never }))
  assert.equal(await site.storage.users.findByEmail(email), null)
})
