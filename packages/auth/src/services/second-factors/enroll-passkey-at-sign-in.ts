import type { Passkey, PendingToken, SignInMethod } from 'torii-core'
import { newPasskeyId, newSessionId } from 'torii-core'
import { encodeBase64url } from '../../base/base64url.js'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { PasskeyCreationOptions } from '../../webauthn/ceremony-options.js'
import { creationOptions } from '../../webauthn/ceremony-options.js'
import { parseRegistrationResponse } from '../../webauthn/response.js'
import { verifyRegistration } from '../../webauthn/verify-registration.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { challengeOf, hashChallengeId, malformedId, newChallengeId } from '../passkey/challenge.js'
import {
  defaultPasskeyName,
  parseAnswer,
  readChallengeId,
  readInput,
  readPasskeyName,
} from '../passkey/input.js'
import { logRefusedPage } from '../passkey/refused-page.js'
import type { RegisterPasskeyInput } from '../passkey/register.js'
import type { PasskeyCeremonyStart } from '../passkey/start.js'
import { policyOf } from '../passkey/start.js'
import { userHandles } from '../passkey/user-handle.js'
import type { InvalidToken, Refused, TooManyAttempts } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { rotateSecret } from '../sessions/session-key.js'
import type { SignedIn } from '../sign-in.js'
import { readPendingToken, refused } from './answer.js'
import type { StartTotpAtSignInInput, StartTotpAtSignInOutcome } from './enroll-at-sign-in.js'
import { callerCharge, startEnrolling } from './enroll-at-sign-in.js'

export type StartPasskeyAtSignInOutcome =
  | PasskeyCeremonyStart<PasskeyCreationOptions>
  | Exclude<StartTotpAtSignInOutcome, { ok: true }>

/** The pending sign-in of a user who must enroll a second factor, and the response of their new passkey. */
export interface RegisterPasskeyAtSignInInput extends RegisterPasskeyInput {
  readonly token: string | PendingToken
}

export type RegisterPasskeyAtSignInOutcome<Metadata extends object> =
  | (SignedIn<Metadata> & { readonly passkey: Passkey })
  /** The response failed a step of the ceremony. Start again. */
  | Refused<'passkey_rejected'>
  /** This credential is registered already, to this or another user. */
  | Refused<'already_exists'>
  /** The pending sign-in is unknown, used or expired, or the challenge is not the last one of `startPasskeyAtSignIn`. */
  | InvalidToken
  | TooManyAttempts

/**
 * Creates the options for a passkey of a user who must enroll a second factor to sign in. The mailbox is proved first, as for an
 * authenticator application. The challenge is bound to the pending sign-in, and lives as long. Two statements; one more to
 * mail.
 */
export const startPasskeyAtSignIn =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: StartTotpAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<StartPasskeyAtSignInOutcome> => {
    const { options, storage } = context
    const policy = policyOf(options.passkey)
    const id = newChallengeId()
    const started = await startEnrolling(context, input, requestInfo, async (key, codes) => {
      const start = { key, challengeHash: hashChallengeId(id), emailCodeHashes: codes }
      return [await storage.secondFactors.startPasskeyForSignIn(start), null] as const
    })
    if (!started.ok) return started
    const { key, person } = started
    const [userHandle] = userHandles(options.keys, key.userId)
    const challenge = challengeOf(id, { kind: 'enroll', pendingId: key.id, userHandle })
    // A user who enrolls has no passkey to exclude.
    const ceremony = { challenge, userHandle, exclude: [], mediation: 'prompt' } as const
    return {
      ok: true,
      challengeId: encodeBase64url(id),
      options: creationOptions(policy, person, ceremony),
    }
  }

/**
 * Verifies the response, adds the passkey and opens the session of the pending sign-in. Every other session of the user ends,
 * and the owner gets a mail. Every response uses its challenge. Two statements.
 * @throws InvalidInputError for a malformed response
 */
export const registerPasskeyAtSignIn =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: RegisterPasskeyAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<RegisterPasskeyAtSignInOutcome<Metadata>> => {
    const { options, storage } = context
    const info = readRequestInfo(requestInfo)
    const { challengeId, response, name = defaultPasskeyName, token } = readInput(input)
    const key = readPendingToken(token)
    const id = readChallengeId(challengeId)
    const ipAddress = callerCharge(context, info)
    const challengeHash = hashChallengeId(id ?? malformedId)
    const answer = await parseAnswer(
      parseRegistrationResponse,
      response,
      async () =>
        key !== null && storage.secondFactors.usePasskeyStart({ key, challengeHash, ipAddress }),
    )
    const checkedName = readPasskeyName(name)
    if (key === null) return invalidToken
    const used = await storage.secondFactors.usePasskeyStart({ key, challengeHash, ipAddress })
    if (!used.ok) return refused(context, used, info)
    if (id === null) return invalidToken
    const expected = (userHandle: Uint8Array) =>
      challengeOf(id, { kind: 'enroll', pendingId: key.id, userHandle })
    // A start from before a rotation of the keys has the handle of a former one.
    const { challenge: signed } = answer.clientData.parsed
    const [newest, ...older] = userHandles(options.keys, key.userId)
    const userHandle = older.find((handle) => expected(handle) === signed) ?? newest
    const policy = policyOf(options.passkey)
    const verdict = verifyRegistration(answer, expected(userHandle), policy, 'prompt')
    if (!verdict.ok) {
      logRefusedPage(context, verdict.problem, answer.clientData.parsed)
      return { ok: false, reason: 'passkey_rejected', problem: verdict.problem }
    }
    const passkey = { ...verdict.credential, id: newPasskeyId(), userHandle, name: checkedName }
    const sessionId = newSessionId()
    const { secretHash, token: opened } = rotateSecret({ userId: key.userId, id: sessionId })
    const outcome = await context.runWithEffects({
      run: ({ secondFactors }) =>
        secondFactors.addPasskeyForSignIn({ key, passkey, session: { id: sessionId, secretHash } }),
      effects: (added) => {
        if (!added.ok) return {}
        const { user, session } = added
        const eventContext = { userId: user.id, sessionId: session.id, info }
        // The sign-in method came first.
        const method = session.methods[0] as SignInMethod | 'imported'
        return {
          events: [
            event('passkey_added', eventContext, { passkeyId: passkey.id }),
            event('signed_in', eventContext, { method, secondFactor: 'passkey' }),
          ],
          mails:
            user.email === null
              ? []
              : [
                  queuedMail('passkey_added', user.email, {
                    name: user.name,
                    passkey: passkey.name,
                  }),
                ],
        }
      },
    })
    if (!outcome.ok) return outcome
    const { user, session, passkey: added } = outcome
    return { ok: true, user, session, token: opened, passkey: added }
  }
