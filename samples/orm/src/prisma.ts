import type { Torii } from 'torii-auth'
import type { PostgresStorage, Queryable } from 'torii-storage-postgres'
import type { Prisma, PrismaClient } from './prisma-client/client.js'

/** An interactive transaction of Prisma as Torii's client. Prisma reads integers of 8 bytes as bigint, `pg` as text. */
export const clientOf = (tx: Prisma.TransactionClient): Queryable => ({
  async query(text, values) {
    const rows = await tx.$queryRawUnsafe<Record<string, unknown>[]>(text, ...values)
    return { rows: rows.map(withoutBigint) }
  },
})

const withoutBigint = (row: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  )

/** Registers an account and its customer in one commit. */
export async function createCustomer(
  prisma: PrismaClient,
  { storage, torii }: { storage: PostgresStorage; torii: Torii },
  { email, plan }: { email: string; plan: string },
) {
  const { outcome, committed } = await prisma.$transaction(async (tx) => {
    const inside = torii.with(storage.withClient(clientOf(tx)))
    const created = await inside.admin.create({ email, emailVerified: true })
    if (created.ok) await tx.customers.create({ data: { userId: created.user.id, plan } })
    return { outcome: created, committed: inside.committed }
  })
  committed()
  return outcome
}

/** Who pays for what. */
export const listCustomers = (prisma: PrismaClient) =>
  prisma.customers.findMany({
    select: { plan: true, user: { select: { email: true, createdAt: true } } },
  })
