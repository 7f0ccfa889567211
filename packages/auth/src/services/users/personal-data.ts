import type {
  AuditEvent,
  Json,
  RepositoryProvider,
  Session,
  TrustedBrowser,
  User,
  UserId,
} from 'torii-core'
import type { SignInMethods } from './sign-in-methods.js'
import { readSignInMethods } from './sign-in-methods.js'

/**
 * All data that is stored about a user, ready for JSON. It contains no hash, token, key or ciphertext: they say nothing
 * about the user, and could be used to attack the account.
 */
export interface PersonalData<Metadata extends object = Record<string, Json>>
  extends SignInMethods {
  readonly user: User<Metadata>
  readonly sessions: readonly Session[]
  readonly trustedBrowsers: readonly TrustedBrowser[]
  /** The user's audit events, the newest first. */
  readonly events: readonly AuditEvent[]
}

/** Reads a user's data. Null if the account no longer exists. */
export async function readPersonalData<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  userId: UserId,
): Promise<PersonalData<Metadata> | null> {
  const [user, sessions, trustedBrowsers, signInMethods, events] = await Promise.all([
    storage.users.find(userId),
    storage.sessions.list(userId),
    storage.secondFactors.listTrustedBrowsers(userId),
    readSignInMethods(storage, userId),
    readEvents(storage, userId),
  ])
  return user === null ? null : { user, ...signInMethods, sessions, trustedBrowsers, events }
}

const pageOfEvents = 200

async function readEvents(
  { auditEvents }: Pick<RepositoryProvider, 'auditEvents'>,
  userId: UserId,
): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = []
  let { next, events: page } = await auditEvents.list({ userId, limit: pageOfEvents })
  events.push(...page)
  while (next !== null) {
    ;({ next, events: page } = await auditEvents.list({ userId, limit: pageOfEvents, after: next }))
    events.push(...page)
  }
  return events
}
