import type {
  NewSession,
  RepositoryProvider,
  SessionActor,
  StorageTransaction,
  UserId,
} from 'torii-core'
import { accountDisabled } from './adapter-refusal.js'
import { newSessionToken } from './session-token.js'

/** Auth.js does not say how a user signed in; `oauth` claims the least. */
const methods = ['oauth'] as const

/**
 * A session that lives inside one transaction and is ended by it. Level 2, because it is no sign-in: a user with a second
 * factor would get a pending sign-in instead.
 */
export const shortSession = ({ id, secretHash }: Pick<NewSession, 'id' | 'secretHash'>) =>
  ({
    id,
    secretHash,
    methods,
    level: 2,
    idleSeconds: 60,
    absoluteSeconds: 60,
    ip: null,
    userAgent: null,
  }) as const satisfies NewSession

/** The actor of an operation, and the transaction in which it is one. */
interface TransactionActor {
  readonly tx: StorageTransaction
  readonly actor: SessionActor
}

/**
 * Runs `work` in one transaction on behalf of a user. The contract lets only a session add sign-in methods, and Auth.js
 * does not hand its session to an adapter, so this opens a session in the transaction and ends it before the commit.
 * @throws AdapterRefusal `account_disabled`
 */
export function withActor<Result>(
  storage: RepositoryProvider,
  userId: UserId,
  work: (actor: TransactionActor) => Promise<Result>,
): Promise<Result> {
  return storage.transaction(async (tx) => {
    const { key } = newSessionToken(userId)
    const opened = await tx.sessions.open(userId, shortSession(key))
    if (!opened.ok) throw accountDisabled()
    const valid = await tx.sessions.validate(key, { touchSeconds: 60 })
    if (valid === null) throw accountDisabled()
    const actor = { userId, sessionId: key.id, epochs: valid.epochs }
    const result = await work({ tx, actor })
    await tx.sessions.revoke(userId, key.id)
    return result
  })
}
