import type { CallerTransaction, Json, SignInMethod, User } from 'torii-core'
import { readFunction, readSection } from '../../base/option-checks.js'
import type { RequestFacts } from '../../base/request-info.js'

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

/** The application's hooks, which run in the commit of an operation. */
export interface Hooks<Metadata extends object = Record<string, Json>, Fields = unknown> {
  /**
   * Runs in the commit that creates an account, with the `query` of the transaction. If it throws, no account is created
   * and the call rejects with that error. Without this hook no transaction is opened.
   */
  onUserCreated?(
    tx: CallerTransaction<Metadata>,
    user: User<Metadata>,
    creation: UserCreation<Fields>,
  ): Promise<void>
}

/** @throws InvalidOptionsError */
export function resolveHooks<Metadata extends object>(value: unknown): Hooks<Metadata> {
  const given = readSection(value, 'hooks', ['onUserCreated'])
  const onUserCreated = readFunction<NonNullable<Hooks<Metadata>['onUserCreated']>>(
    given.onUserCreated,
    'hooks.onUserCreated',
  )
  return Object.freeze(onUserCreated === undefined ? {} : { onUserCreated })
}
