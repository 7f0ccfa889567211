import type { MethodRemoval, Passkey, ValidSession } from 'torii-core'
import { parsePasskeyId } from 'torii-core'
import { encodeBase64url } from '../../base/base64url.js'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { userNames } from '../../webauthn/ceremony-options.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { usableMethods } from '../options/usable-methods.js'
import type {
  ReauthenticationRequired,
  Refused,
  StaleSession,
  TooManyAttempts,
} from '../refusals.js'
import { notFound, staleSession } from '../refusals.js'
import { runCounted } from '../sessions/counted.js'
import { actorOf, eventContextOf, requireRecent } from '../sessions/valid-session.js'
import { readPasskeyName } from './input.js'
import { knownHandles, userHandles } from './user-handle.js'

export type RenamePasskeyOutcome =
  | { readonly ok: true; readonly passkey: Passkey }
  /** The user has no such passkey, or the session has ended since. */
  | Refused<'not_found'>
  | TooManyAttempts

export type DeletePasskeyOutcome = MethodRemoval | ReauthenticationRequired

/** Renames a passkey of the user. @throws InvalidInputError */
export const renamePasskey =
  <Metadata extends object>(context: OperationContext<Metadata>) =>
  async (
    valid: ValidSession<object>,
    id: string,
    name: string,
    requestInfo: RequestInfo,
  ): Promise<RenamePasskeyOutcome> => {
    const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
    const checkedName = readPasskeyName(name)
    const passkeyId = parsePasskeyId(id)
    if (passkeyId === null) return notFound
    const passkey = await runCounted(context, valid, 'sessionRequests', {
      run: (actor) =>
        context.runWithEffects({
          run: ({ passkeys }) => passkeys.rename(actor, passkeyId, checkedName),
          effects: (renamed) =>
            renamed === null
              ? {}
              : { events: [event('passkey_renamed', eventContext, { passkeyId })] },
        }),
      isUnchanged: (renamed) => renamed === null,
    })
    if (passkey === null) return notFound
    return 'reason' in passkey ? passkey : { ok: true, passkey }
  }

/** What a page signals to the authenticators of its user. @see WebAuthn Level 3, section 5.1.10 */
export interface PasskeySignals {
  readonly ok: true
  readonly rpId: string
  /** The user handles that the user's passkeys have or had, in base64url. */
  readonly userIds: readonly string[]
  /** The names that an authenticator shows, as in the options of a registration. */
  readonly name: string
  readonly displayName: string
  /**
   * The credential ids of all passkeys that sign in, in base64url. An authenticator hides or deletes all others of these user
   * handles. A passkey whose user handle is not known yet is among them: it may be one of these.
   */
  readonly credentialIds: readonly string[]
}

/** Returns what a page signals to authenticators. One statement. */
export const passkeySignals =
  <Metadata extends object>({ storage, options }: ServiceContext<Metadata>) =>
  async (valid: ValidSession<object>): Promise<PasskeySignals | StaleSession> => {
    const accepted = await storage.passkeys.accepted(actorOf(valid))
    if (accepted === null) return staleSession
    const { rpId } = options.passkey
    const handles = [...knownHandles(accepted), ...userHandles(options.keys, valid.user.id)]
    return {
      ok: true,
      rpId,
      userIds: [...new Set(handles.map(encodeBase64url))],
      ...userNames(options.passkey, valid.user),
      credentialIds: accepted.map(({ credentialId }) => encodeBase64url(credentialId)),
    }
  }

/** Deletes a passkey of the user unless it is the last sign-in method. Needs a recent authentication. */
export const deletePasskey =
  <Metadata extends object>({ options, runWithEffects }: OperationContext<Metadata>) =>
  async (
    valid: ValidSession<object>,
    id: string,
    requestInfo: RequestInfo,
  ): Promise<DeletePasskeyOutcome> => {
    const usable = usableMethods(options)
    const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const passkeyId = parsePasskeyId(id)
    if (passkeyId === null) return notFound
    return runWithEffects({
      run: ({ passkeys }) => passkeys.delete(actorOf(valid), passkeyId, usable),
      effects: ({ ok }) =>
        ok ? { events: [event('passkey_deleted', eventContext, { passkeyId })] } : {},
    })
  }
