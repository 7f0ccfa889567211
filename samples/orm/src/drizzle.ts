import { eq, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Torii } from 'torii-auth'
import type { PostgresStorage, Queryable } from 'torii-storage-postgres'
import { users } from './torii-drizzle.js'

/** The application's own table, whose rows go with the user. */
export const customers = pgTable('customers', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  plan: text('plan').notNull(),
})

/** A transaction of Drizzle as Torii's client. */
export const clientOf = (tx: Pick<NodePgDatabase, 'execute'>): Queryable => ({
  query: (text, values) =>
    tx.execute(
      sql.join(
        text
          .split(/\$(\d+)/)
          .map((part, index) =>
            index % 2 === 0 ? sql.raw(part) : sql.param(values[Number(part) - 1]),
          ),
      ),
    ),
})

/** Registers an account and its customer in one commit. */
export async function createCustomer(
  db: NodePgDatabase,
  { storage, torii }: { storage: PostgresStorage; torii: Torii },
  { email, plan }: { email: string; plan: string },
) {
  const { outcome, committed } = await db.transaction(async (tx) => {
    const inside = torii.with(storage.withClient(clientOf(tx)))
    const created = await inside.admin.create({ email, emailVerified: true })
    if (created.ok) await tx.insert(customers).values({ userId: created.user.id, plan })
    return { outcome: created, committed: inside.committed }
  })
  committed()
  return outcome
}

/** Who pays for what. */
export const listCustomers = (db: NodePgDatabase) =>
  db
    .select({ email: users.email, since: users.createdAt, plan: customers.plan })
    .from(customers)
    .innerJoin(users, eq(users.id, customers.userId))
