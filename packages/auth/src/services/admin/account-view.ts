import type {
  AttemptKey,
  AttemptStatus,
  Json,
  RepositoryProvider,
  Session,
  User,
  UserId,
} from 'torii-core'
import type { AccountCounters } from '../../rate-limits/attempts.js'
import { accountCounters } from '../../rate-limits/attempts.js'
import type { WaysIn } from '../users/ways-in.js'
import { readWaysIn } from '../users/ways-in.js'

/** Where the counters of one account stand. */
export type AccountAttempts = AccountCounters<AttemptStatus>

/** An account as an operator sees it. Holds nothing that lets anybody in. */
export interface AccountView<Metadata extends object = Record<string, Json>> extends WaysIn {
  readonly user: User<Metadata>
  readonly sessions: readonly Session[]
  readonly attempts: AccountAttempts
}

/** The account with its sessions, its ways in, and where its counters stand; null when there is none. */
export async function viewAccount<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  userId: UserId,
): Promise<AccountView<Metadata> | null> {
  const user = await storage.users.find(userId)
  if (user === null) return null
  const [sessions, waysIn, attempts] = await Promise.all([
    storage.sessions.list(userId),
    readWaysIn(storage, userId),
    readAttempts(storage, user),
  ])
  return { user, sessions, ...waysIn, attempts }
}

type Attempts = Pick<RepositoryProvider, 'loginAttempts'>
type Counted = Pick<User<object>, 'id' | 'email'>

async function readAttempts({ loginAttempts }: Attempts, user: Counted): Promise<AccountAttempts> {
  const read = (key: AttemptKey | null) => (key === null ? null : loginAttempts.status(key))
  const counters = accountCounters(user)
  const [password, codes, mails] = await Promise.all([
    loginAttempts.status(counters.password),
    read(counters.codes),
    read(counters.mails),
  ])
  return { password, codes, mails }
}

/** Forgets what the counters of an account hold. True if one of them was locked. */
export async function clearAttempts({ loginAttempts }: Attempts, user: Counted): Promise<boolean> {
  const keys = Object.values(accountCounters(user)).filter((key) => key !== null)
  const locked = await Promise.all(keys.map((key) => loginAttempts.unlock(key)))
  return locked.includes(true)
}
