import type { CallerTransaction, Json, User } from 'torii-core'
import { readFunction, readSection } from '../../base/option-checks.js'

/** The application's hooks, which run in the commit of an operation. */
export interface Hooks<Metadata extends object = Record<string, Json>> {
  /**
   * Runs in the commit that creates an account, with the `query` of the transaction. If it throws, no account is created
   * and the call rejects with that error. Without this hook no transaction is opened.
   */
  onUserCreated?(tx: CallerTransaction<Metadata>, user: User<Metadata>): Promise<void>
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
