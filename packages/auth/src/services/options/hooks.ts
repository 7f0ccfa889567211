import type { CallerTransaction, Json, User } from 'torii-core'
import { readFunction, readSection } from '../../base/option-checks.js'

/** What the application has done in the same commit as an act. */
export interface Hooks<Metadata extends object = Record<string, Json>> {
  /**
   * Runs in the commit that makes an account, with the transaction's own `query`. When it throws, the account
   * is not made and the call rejects with what it threw. Without it no transaction is opened.
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
