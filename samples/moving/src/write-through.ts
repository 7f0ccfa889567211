import { createHash } from 'node:crypto'
import type { betterAuth } from 'better-auth'
import type { Torii } from 'torii-auth'
import { importAccounts, type PostgresStorage } from 'torii-storage-postgres'

type InternalAdapter = Awaited<ReturnType<typeof betterAuth>['$context']>['internalAdapter']
interface BetterAuth {
  readonly $context: Promise<{
    readonly internalAdapter: Pick<
      InternalAdapter,
      'findUserById' | 'findAccounts' | 'listSessions'
    >
  }>
}

/**
 * The hooks of a Better Auth that runs beside Torii: a user who signs up, signs in or changes the password there can use both at once, and
 * one who is deleted there is deleted here. A failure is left to the next run of the import: the old application goes on.
 */
export function writeThrough(old: () => BetterAuth, storage: PostgresStorage, torii: Torii) {
  async function write(id: string): Promise<void> {
    const { internalAdapter } = await old().$context
    const user = await internalAdapter.findUserById(id)
    if (user === null) return
    const accounts = await internalAdapter.findAccounts(id)
    const sessions = await internalAdapter.listSessions(id)
    const account = {
      id,
      email: user.email,
      emailVerified: user.emailVerified,
      name: user.name === '' ? null : user.name,
      createdAt: user.createdAt.toISOString(),
      disabled: Reflect.get(user, 'banned') === true,
      passwordHash: accounts.find(({ password }) => password)?.password ?? null,
      oauthAccounts: accounts
        .filter(({ providerId }) => providerId !== 'credential')
        .map(({ providerId, accountId }) => ({ provider: providerId, subject: accountId })),
      sessions: sessions.map(({ token, createdAt, expiresAt, updatedAt, userAgent }) => ({
        key: createHash('sha256').update(token).digest('hex'),
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        lastUsedAt: updatedAt.toISOString(),
        userAgent,
      })),
    }
    await importAccounts(storage, 'better-auth', [account])
  }
  async function remove(id: string): Promise<void> {
    const { rows } = await storage.transaction(({ query }) =>
      query(
        `select user_id::text as id from torii.imported_users where source = 'better-auth' and source_id = $1`,
        [id],
      ),
    )
    const [user] = rows as { id: string }[]
    if (user !== undefined) await torii.admin.delete(user.id)
  }
  const logged = (work: Promise<void>) =>
    work.catch((error) => console.error('the import has to bring this account', error))
  const after = (id: string) => logged(write(id))
  return {
    databaseHooks: {
      user: {
        update: { after: ({ id }: { id: string }) => after(id) },
        delete: { after: ({ id }: { id: string }) => logged(remove(id)) },
      },
      account: {
        create: { after: ({ userId }: { userId: string }) => after(userId) },
        update: { after: ({ userId }: { userId: string }) => after(userId) },
      },
      session: { create: { after: ({ userId }: { userId: string }) => after(userId) } },
    },
    /** For `emailAndPassword`: a reset updates the account without saying which. */
    onPasswordReset: ({ user }: { user: { id: string } }) => after(user.id),
  }
}
