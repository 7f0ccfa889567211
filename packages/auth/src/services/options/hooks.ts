import type { CallerTransaction, Json, SignInMethod, User } from 'torii-core'
import { readFunction, readSection } from '../../base/option-checks.js'
import type { RequestFacts } from '../../base/request-info.js'

/** A call of Torii that the application's hooks may refuse, before it does anything. */
export interface Attempt {
  /** The method of {@link Torii} that was called. */
  readonly operation:
    | 'email.verify'
    | 'magicLink.authenticate'
    | 'magicLink.request'
    | 'oauth.callback'
    | 'oauth.createIdTokenNonce'
    | 'oauth.signInWithIdToken'
    | 'oauth.start'
    | 'passkey.authenticate'
    | 'passkey.authenticateOptions'
    | 'password.authenticate'
    | 'password.register'
    | 'sessions.continueImported'
    | 'sessions.derive'
    | 'sessions.open'
  /** The email address as the caller sent it, without blanks at its end; null where the call has none. */
  readonly email: string | null
  readonly request: RequestFacts
  /** Aborts when the hook has taken too long: pass it to `fetch`. */
  readonly signal: AbortSignal
}

/** A registration that the application's hooks may refuse. */
export interface RegistrationAttempt<Fields = unknown> extends Attempt {
  /** The application's own fields, as the schema `signUp.fields` returned them; undefined without that option. */
  readonly fields: Fields
}

/** The refusal of a hook. */
export interface HookRefusal {
  /** A code of the application's: 3 to 64 lower-case letters, digits and underscores, the first one a letter. */
  readonly refuse: string
  /** A sentence for the user. */
  readonly message: string
}

/** What a hook returns: a refusal, or nothing. */
export type HookVerdict = HookRefusal | null | undefined

/** How an account was created. */
export interface UserCreation<Fields = unknown> {
  /** The sign-in method by which the user came, or `admin` for `torii.admin.create`. */
  readonly method: SignInMethod | 'admin'
  /**
   * The application's own fields, as the schema `signUp.fields` returned them. Undefined without that option, and for an
   * account that was not created by a registration: by a magic link, a provider or an administrator.
   */
  readonly fields: Fields | undefined
  /** The request, or null for an administrator. */
  readonly request: RequestFacts | null
}

/**
 * The application's hooks. Those that begin with `before` run before their call counts, hashes or queries anything, so for
 * known and unknown accounts alike; they know neither the account nor the password, have no database, and may refuse. If one
 * throws, or takes longer than five seconds, the call rejects with ERR_HOOK. They do not run in `torii.with(tx)`. What
 * follows a commit is an event: see `onEvent`.
 */
export interface Hooks<Metadata extends object = Record<string, Json>, Fields = unknown> {
  /** Runs before a registration, with its validated fields (default: none). */
  beforeRegister?(attempt: RegistrationAttempt<Fields>): HookVerdict | Promise<HookVerdict>
  /**
   * Runs before each step of each sign-in method (default: none). A sign-in by a magic link or a provider may also create the
   * account.
   */
  beforeSignIn?(attempt: Attempt): HookVerdict | Promise<HookVerdict>
  /**
   * Runs before each call that may open a session: the last step of a sign-in, a registration that signs in, and
   * `sessions.open` and `sessions.derive` (default: none). It runs after the hook of the sign-in or the registration.
   */
  beforeSession?(attempt: Attempt): HookVerdict | Promise<HookVerdict>
  /**
   * Runs in the commit that creates an account, with the `query` of the transaction. If it throws, no account is created
   * and the call rejects with that error. Without this hook no transaction is opened.
   */
  onUserCreated?(
    tx: CallerTransaction<Metadata>,
    user: User<Metadata>,
    creation: UserCreation<Fields>,
  ): Promise<unknown>
}

const names = ['beforeRegister', 'beforeSignIn', 'beforeSession', 'onUserCreated'] as const

/** @throws InvalidOptionsError */
export function resolveHooks<Metadata extends object>(value: unknown): Hooks<Metadata> {
  const given = readSection(value, 'hooks', names)
  const hooks = names.flatMap((name) => {
    const hook = readFunction(given[name], `hooks.${name}`)
    return hook === undefined ? [] : [[name, hook]]
  })
  // Each has the type that `ToriiOptions` gives its name.
  return Object.freeze(Object.fromEntries(hooks) as Hooks<Metadata>)
}
