import type { MethodRemoval, Passkey, ValidSession } from 'torii-core'
import { parsePasskeyId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired, Refused } from '../refusals.js'
import { actorOf, eventContextOf } from '../sessions/valid-session.js'
import { readPasskeyName } from './input.js'

export type RenamePasskeyOutcome =
  | { readonly ok: true; readonly passkey: Passkey }
  /** No such passkey of this person, or the session has ended meanwhile. */
  | Refused<'not_found'>

export type DeletePasskeyOutcome = MethodRemoval | ReauthenticationRequired

/** Passkeys in the application's own transaction. */
export interface TransactionalPasskey {
  /** Gives a passkey of this person another name, 1 to 100 characters. @throws InvalidInputError */
  rename(
    valid: ValidSession<object>,
    id: string,
    name: string,
    requestInfo: RequestInfo,
  ): Promise<RenamePasskeyOutcome>
  /** Deletes a passkey of this person; never the last way in. Needs a recent proof of identity. */
  delete(
    valid: ValidSession<object>,
    id: string,
    requestInfo: RequestInfo,
  ): Promise<DeletePasskeyOutcome>
}

const notFound = Object.freeze({ ok: false, reason: 'not_found' } as const)

export const createTransactionalPasskey = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalPasskey => ({
  async rename(valid, id, name, requestInfo) {
    const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
    const checkedName = readPasskeyName(name)
    const passkeyId = parsePasskeyId(id)
    if (passkeyId === null) return notFound
    const passkey = await context.runWithEffects({
      run: ({ passkeys }) => passkeys.rename(actorOf(valid), passkeyId, checkedName),
      effects: (renamed) =>
        renamed === null ? {} : { events: [event('passkey_renamed', eventContext, { passkeyId })] },
    })
    return passkey === null ? notFound : { ok: true, passkey }
  },
  async delete(valid, id, requestInfo) {
    const mailSignIn = context.options.mailer !== null
    const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
    if (!valid.recent) return { ok: false, reason: 'reauthentication_required' }
    const passkeyId = parsePasskeyId(id)
    if (passkeyId === null) return notFound
    return context.runWithEffects({
      run: ({ passkeys }) => passkeys.delete(actorOf(valid), passkeyId, { mailSignIn }),
      effects: ({ ok }) =>
        ok ? { events: [event('passkey_deleted', eventContext, { passkeyId })] } : {},
    })
  },
})
