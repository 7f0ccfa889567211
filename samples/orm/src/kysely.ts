import { CompiledQuery, type Kysely, type Transaction } from 'kysely'
import type { Torii } from 'torii-auth'
import type { PostgresStorage, Queryable } from 'torii-storage-postgres'
import type { ToriiDatabase } from './torii-kysely.js'

/** The tables of the application, and those of Torii. */
export interface Database extends ToriiDatabase {
  customers: { user_id: string; plan: string }
}

/** A transaction of Kysely as Torii's client. */
export const clientOf = (trx: Transaction<Database>): Queryable => ({
  query: (text, values) => trx.executeQuery(CompiledQuery.raw(text, values)),
})

/** Registers an account and its customer in one commit. */
export async function createCustomer(
  db: Kysely<Database>,
  { storage, torii }: { storage: PostgresStorage; torii: Torii },
  { email, plan }: { email: string; plan: string },
) {
  const { outcome, committed } = await db.transaction().execute(async (trx) => {
    const inside = torii.with(storage.withClient(clientOf(trx)))
    const created = await inside.admin.create({ email, emailVerified: true })
    if (created.ok)
      await trx.insertInto('customers').values({ user_id: created.user.id, plan }).execute()
    return { outcome: created, committed: inside.committed }
  })
  committed()
  return outcome
}

/** Who pays for what. */
export const listCustomers = (db: Kysely<Database>) =>
  db
    .selectFrom('customers')
    .innerJoin('torii.users', 'torii.users.id', 'customers.user_id')
    .select(['torii.users.email', 'torii.users.created_at as since', 'customers.plan'])
    .execute()
