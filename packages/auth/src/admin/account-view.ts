import type { AttemptStatus, Json, RepositoryProvider, Session, User, UserId } from 'torii-core'
import { requireEmail } from 'torii-core'
import { accountAttempts, codeAttempts, mailboxAttempts } from '../attempts/attempts.js'
import type { WaysIn } from '../users/ways-in.js'
import { readWaysIn } from '../users/ways-in.js'

/** Where the counters of one address stand. Each is a path of its own: a locked one leaves the others open. */
export interface AccountAttempts {
  /** Passwords tried. */
  readonly password: AttemptStatus
  /** Typed codes tried. */
  readonly codes: AttemptStatus
  /** Mails sent. */
  readonly mails: AttemptStatus
}

/** An account as an operator sees it. Holds nothing that lets anybody in. */
export interface AccountView<Metadata extends object = Record<string, Json>> extends WaysIn {
  readonly user: User<Metadata>
  readonly sessions: readonly Session[]
  /** Null for an account without an address. */
  readonly attempts: AccountAttempts | null
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
    user.email === null ? null : readAttempts(storage, user.email),
  ])
  return { user, sessions, ...waysIn, attempts }
}

/** The counters of an address, by what they count. */
const countersOf = (email: string) => {
  const key = requireEmail(email)
  return { password: accountAttempts(key), codes: codeAttempts(key), mails: mailboxAttempts(key) }
}

/** Where the counters of an address stand, whether an account has it or not. */
export async function readAttempts(
  { loginAttempts }: Pick<RepositoryProvider, 'loginAttempts'>,
  email: string,
): Promise<AccountAttempts> {
  const counters = countersOf(email)
  const [password, codes, mails] = await Promise.all([
    loginAttempts.status(counters.password),
    loginAttempts.status(counters.codes),
    loginAttempts.status(counters.mails),
  ])
  return { password, codes, mails }
}

/** Forgets what the counters of an address hold. True if one of them was locked. */
export async function clearAttempts(
  { loginAttempts }: Pick<RepositoryProvider, 'loginAttempts'>,
  email: string,
): Promise<boolean> {
  const keys = Object.values(countersOf(email))
  const locked = await Promise.all(keys.map((key) => loginAttempts.unlock(key)))
  return locked.includes(true)
}
