import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PrismaPg } from '@prisma/adapter-pg'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect } from 'kysely'
import { Torii } from 'torii-auth'
import { createTestKit } from 'torii-auth/testing'
import { type ConformanceStorage, conformance } from 'torii-conformance'
import { PostgresStorage, type Queryable } from 'torii-storage-postgres'
import * as ofDrizzle from './drizzle.js'
import * as ofKysely from './kysely.js'
import * as ofPrisma from './prisma.js'
import { PrismaClient } from './prisma-client/client.js'
import { openSite } from './site.js'

const site = await openSite()
const { pool, storage } = site
const db = drizzle(pool)
const kysely = new Kysely<ofKysely.Database>({ dialect: new PostgresDialect({ pool }) })
const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }),
})
after(() => prisma.$disconnect())

/** Moves the rows, for promises about time: over a storage of its own, since it also changes that one's OAuth states. */
const other = new PostgresStorage(pool)
const { travel } = createTestKit(new Torii(other, { baseUrl: 'https://app.example' }), other)

type Repositories = ReturnType<PostgresStorage['withClient']>
type Run = (work: (client: Queryable) => Promise<unknown>) => Promise<unknown>

const libraries: Readonly<Record<string, Run>> = {
  Drizzle: (work) => db.transaction((tx) => work(ofDrizzle.clientOf(tx))),
  Kysely: (work) => kysely.transaction().execute((trx) => work(ofKysely.clientOf(trx))),
  Prisma: (work) => prisma.$transaction((tx) => work(ofPrisma.clientOf(tx)), { timeout: 60_000 }),
}

/** What a transaction offers: without the operations that count against a rate limit. */
const offered = storage.withClient({ query: async () => ({ rows: [] }) })
const isOffered = (repository: PropertyKey, method: PropertyKey) =>
  typeof Reflect.get(Object(Reflect.get(offered, repository)), method) === 'function'

/** A storage whose every call that a transaction offers runs in one of the library. */
function storageIn(run: Run): ConformanceStorage {
  const over = (repository: keyof Repositories) =>
    new Proxy(Reflect.get(storage, repository) as object, {
      get: (outside, method) =>
        isOffered(repository, method)
          ? (...values: unknown[]) =>
              run((client) => {
                const inside = Reflect.get(storage.withClient(client), repository)
                return Reflect.get(inside, method).apply(null, values)
              })
          : Reflect.get(outside, method),
    })
  return new Proxy(storage as PostgresStorage & ConformanceStorage, {
    get(target, name) {
      if (name === 'elapse') return travel
      if (name in offered && name !== 'query') return over(name as keyof Repositories)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** What is promised of a method, by the start of the name: `sessions.revoke`. */
const methodOf = ({ name }: { name: string }) => name.split(/[:,]| and /)[0] ?? ''

/** The first promise of each method that a transaction offers. */
const promises = conformance.filter(
  (promise, index) =>
    isOffered(...(methodOf(promise).split('.') as [string, string])) &&
    !promise.needs.includes('transaction') &&
    conformance.findIndex((one) => methodOf(one) === methodOf(promise)) === index,
)

for (const [name, run] of Object.entries(libraries))
  void test(`in a transaction of ${name} every method does what the contract promises`, async () => {
    const tested = storageIn(run)
    const broken: string[] = []
    for (const promise of promises)
      await promise
        .run(tested)
        .catch((error: unknown) => broken.push(`${promise.name}: ${String(error)}`))
    assert.deepEqual(broken, [])
    assert.ok(promises.length > 40)
  })
