import type {
  Json,
  PasswordHash,
  ProfileChanges,
  RepositoryProvider,
  SignInMethod,
  User,
  UserId,
} from 'torii-core'
import { InvalidInputError, ToriiError } from 'torii-core'
import { requireStorage, requireTorii } from '../base/wrong-place.js'
import { createPasswordHashing } from '../password-hashing/hashing.js'
import type { NormalizedPassword } from '../password-policy/text.js'
import { normalizePassword, requirePasswordText } from '../password-policy/text.js'
import type { OpenOutcome } from '../services/sessions/opening.js'
import { actorOf } from '../services/sessions/valid-session.js'
import type { Torii } from '../torii.js'
import { refuseProduction } from './not-in-production.js'
import { newTestEmail } from './test-people.js'
import type { TestSession } from './test-session.js'
import { testSession } from './test-session.js'
import { createTravel } from './travel.js'

/** The storage of the tests: a `PostgresStorage`, on a server or embedded. */
export interface TestStorage<Metadata extends object = Record<string, Json>>
  extends RepositoryProvider<Metadata> {
  /** `schema` is the plain name of the schema with the tables. */
  migrationStatus(): Promise<{ readonly schema: string }>
}

/** A user to create. Everything has a default. */
export interface TestUserOptions<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  /** An email address that no account has (default: a new one of `example.com`). */
  readonly email?: string
  /** Default: true. */
  readonly emailVerified?: boolean
  /** Any password, which is hashed as in production (default: the account has none, which is faster). */
  readonly password?: string
}

/** A user who is signed in. */
export interface TestUser<Metadata extends object = Record<string, Json>> extends TestSession {
  readonly user: User<Metadata>
  /** The email address of the account. */
  readonly email: string
}

/** Users, sessions and time of an application under test. */
export interface TestKit<Metadata extends object = Record<string, Json>> {
  /**
   * Creates an account and signs it in, in one commit; its password follows in a second one. The hook `onUserCreated` runs; the hooks before an operation do not,
   * nothing is mailed, and nothing is counted against a rate limit.
   * @throws InvalidInputError for an email address that an account has, and for a password that no account can have
   */
  createUser(options?: TestUserOptions<Metadata>): Promise<TestUser<Metadata>>
  /**
   * Opens a session of an account that exists, for example on a second device.
   * @throws ToriiError `ERR_MISUSE` if the account does not exist or is disabled
   */
  signIn(userId: UserId): Promise<TestSession>
  /**
   * Lets so many seconds pass: sessions, links, codes, challenges, OAuth states, rate limits and everything else that is
   * stored becomes as much older, in one transaction. The clocks of the database and of this process stay, so JWTs and the
   * times that browsers keep cookies stay too. Await running operations first.
   * @throws InvalidInputError for a negative number
   */
  travel(seconds: number): Promise<void>
}

/** How the session was opened, as far as a test is concerned. */
const requestInfo = { ip: null, userAgent: 'torii-auth/testing' }

/**
 * Creates the kit for a Torii and its storage, for tests.
 *
 * ```ts
 * const kit = createTestKit(torii, storage)
 * const ada = await kit.createUser()
 * const response = await ada.fetch('http://localhost:3000/notes')
 * ```
 * @throws ToriiError `ERR_MISUSE` if `NODE_ENV` is `production`
 */
export function createTestKit<Metadata extends object>(
  torii: Torii<Metadata>,
  storage: TestStorage<Metadata>,
): TestKit<Metadata> {
  refuseProduction()
  requireTorii(torii)
  requireStorage(storage)
  const hasher = createPasswordHashing(torii.options).hasherFor({
    reserved: true,
    ipAddress: null,
    account: null,
  })
  const withClient = (opened: OpenOutcome) => {
    if (opened.ok) return testSession(torii.options, opened)
    throw new ToriiError(
      'ERR_MISUSE',
      'this account does not exist or is disabled: create it first',
    )
  }

  async function setPassword({ token }: TestSession, hash: PasswordHash) {
    const valid = await torii.sessions.validate(token)
    if (valid !== null) await storage.passwords.set(actorOf(valid), hash)
  }

  return {
    async createUser({ email = newTestEmail(), emailVerified = true, password, ...profile } = {}) {
      const method: SignInMethod = password === undefined ? 'magic_link' : 'password'
      const hash = password === undefined ? null : await hasher.hash(readPassword(password))
      const made = await storage.transaction(async (tx) => {
        const inside = torii.with(tx)
        const created = await inside.admin.create({ email, emailVerified, ...profile })
        if (!created.ok) throw new InvalidInputError('email', 'belongs to an account already')
        const opened = await inside.sessions.open(created.user.id, method, requestInfo)
        return { user: created.user, ...withClient(opened) }
      })
      if (hash !== null) await setPassword(made, hash)
      return { ...made, email: made.user.email ?? email }
    },
    async signIn(userId) {
      return storage.transaction(async (tx) =>
        withClient(
          // As if the user had proved a second factor, where there is one.
          await torii.with(tx).sessions.open(userId, 'magic_link', requestInfo, { level: 2 }),
        ),
      )
    },
    travel: createTravel(storage),
  }
}

/** The rules for passwords are not a test's concern. @throws InvalidInputError */
function readPassword(text: unknown): NormalizedPassword {
  const read = normalizePassword(requirePasswordText(text, 'password'))
  if (!read.ok) throw new InvalidInputError('password', `is ${read.reason}: no account can have it`)
  return read.password
}
