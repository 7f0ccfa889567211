import type {
  Json,
  RateLimitKey,
  RateLimitStatus,
  RepositoryProvider,
  Session,
  User,
  UserId,
} from 'torii-core'
import type { AccountCounters, MailPurpose } from '../../rate-limits/keys.js'
import { accountCounters, secondFactorKey } from '../../rate-limits/keys.js'
import type { SignInMethods } from '../users/sign-in-methods.js'
import { readSignInMethods } from '../users/sign-in-methods.js'

/** The state of an account's rate-limit counters. */
export type AccountAttempts = AccountCounters<RateLimitStatus>

/** An account as an administrator sees it. Contains no secret. */
export interface AccountView<Metadata extends object = Record<string, Json>> extends SignInMethods {
  readonly user: User<Metadata>
  readonly sessions: readonly Session[]
  readonly attempts: AccountAttempts
}

/** Reads an account with its sessions, sign-in methods and counters. Null if it does not exist. */
export async function viewAccount<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  userId: UserId,
): Promise<AccountView<Metadata> | null> {
  const user = await storage.users.find(userId)
  if (user === null) return null
  const [sessions, signInMethods, attempts] = await Promise.all([
    storage.sessions.list(userId),
    readSignInMethods(storage, userId),
    readAttempts(storage, user),
  ])
  return { user, sessions, ...signInMethods, attempts }
}

type Attempts = Pick<RepositoryProvider, 'rateLimits'>
type Counted = Pick<User<object>, 'id' | 'email'>

async function readAttempts({ rateLimits }: Attempts, user: Counted): Promise<AccountAttempts> {
  const read = (key: RateLimitKey) => rateLimits.status(key)
  const { password, codes, mails } = accountCounters(user)
  const purposes = Object.entries(mails ?? {}).map(
    async ([purpose, key]) => [purpose, await read(key)] as const,
  )
  return {
    password: await read(password),
    codes: codes === null ? null : await read(codes),
    // The same purposes, with the status in place of the key.
    mails:
      mails === null
        ? null
        : (Object.fromEntries(await Promise.all(purposes)) as Record<MailPurpose, RateLimitStatus>),
  }
}

const secondFactorNames = ['totp', 'recovery_code'] as const

/** Resets an account's counters. True if one was locked. */
export async function clearAttempts({ rateLimits }: Attempts, user: Counted): Promise<boolean> {
  const { password, codes, mails } = accountCounters(user)
  const factors = secondFactorNames.map((factor) => secondFactorKey(factor, user.id))
  const keys = [
    password,
    ...(codes === null ? [] : [codes]),
    ...Object.values(mails ?? {}),
    ...factors,
  ]
  const locked = await Promise.all(keys.map((key) => rateLimits.unlock(key)))
  return locked.includes(true)
}
