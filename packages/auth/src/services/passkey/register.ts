import type { NewPasskey, Passkey, PasskeyAddition, ValidSession } from 'torii-core'
import { newPasskeyId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { RegistrationAnswer } from '../../webauthn/answer.js'
import { readRegistrationAnswer } from '../../webauthn/answer.js'
import type { PasskeyCreationOptions } from '../../webauthn/ceremony-options.js'
import { creationOptions } from '../../webauthn/ceremony-options.js'
import { verifyRegistration } from '../../webauthn/verify-registration.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type {
  InvalidToken,
  ReauthenticationRequired,
  Refused,
  TooManyAttempts,
} from '../refusals.js'
import { actorOf, eventContextOf } from '../sessions/valid-session.js'
import { challengeOf, hashChallengeId, newChallengeId } from './challenge.js'
import { descriptorOf } from './decoys.js'
import type { PasskeyAnswerInput } from './input.js'
import { defaultPasskeyName, readChallengeId, readInput, readPasskeyName } from './input.js'
import type { PasskeyCeremonyStart } from './start.js'
import { policyOf, startCeremony } from './start.js'
import { userHandles } from './user-handle.js'

/** A new passkey from a page. */
export interface RegisterPasskeyInput extends PasskeyAnswerInput {
  /** 1 to 100 characters (default: "Passkey"). */
  name?: string
}

export type RegisterPasskeyStart =
  | PasskeyCeremonyStart<PasskeyCreationOptions>
  | ReauthenticationRequired
  | Refused<'too_many'>
  | TooManyAttempts

export type RegisterPasskeyOutcome =
  | { readonly ok: true; readonly passkey: Passkey }
  | ReauthenticationRequired
  /** The challenge is unknown, used, expired, or not of this session. */
  | InvalidToken
  /** The answer did not pass a step of the ceremony. The person is signed in and may know which. */
  | Refused<'passkey_rejected'>
  | Exclude<PasskeyAddition, { ok: true }>

const reauthenticationRequired = Object.freeze({
  ok: false,
  reason: 'reauthentication_required',
} as const)
const invalidToken = Object.freeze({ ok: false, reason: 'invalid_token' } as const)

/** What the person's browser is to make a passkey from. Two statements. */
export async function registerOptions<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  requestInfo: RequestInfo,
): Promise<RegisterPasskeyStart> {
  const info = readRequestInfo(requestInfo)
  if (!valid.recent) return reauthenticationRequired
  const { keys, passkey: options } = context.options
  const [newHandle] = userHandles(keys, valid.user.id)
  const existing = await context.storage.passkeys.credentials(valid.user.id)
  // Said now, before a device makes a passkey that nobody will keep.
  if (existing.length >= options.maxPerUser) return { ok: false, reason: 'too_many' }
  const userHandle = existing[0]?.userHandle ?? newHandle
  const id = newChallengeId()
  const holder = { kind: 'session', actor: actorOf(valid) } as const
  const refused = await startCeremony(context, id, 'register', holder, info)
  if (refused !== null) return refused
  const challenge = challengeOf(id, { kind: 'register', sessionId: valid.session.id, userHandle })
  const exclude = existing.map(descriptorOf)
  return {
    ok: true,
    challengeId: id.toString('base64url'),
    options: creationOptions(policyOf(options), valid.user, { challenge, userHandle, exclude }),
  }
}

/** Uses the challenge up, judges the answer and keeps the passkey. */
export async function register<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  input: RegisterPasskeyInput,
  requestInfo: RequestInfo,
): Promise<RegisterPasskeyOutcome> {
  const info = readRequestInfo(requestInfo)
  const { challengeId, response, name = defaultPasskeyName } = readInput(input)
  const id = readChallengeId(challengeId)
  const answer = readRegistrationAnswer(response)
  const checkedName = readPasskeyName(name)
  if (!valid.recent) return reauthenticationRequired
  if (id === null || !(await consume(context, valid, id))) return invalidToken
  const asked = await whatWasAsked(context, valid, id, answer)
  const policy = policyOf(context.options.passkey)
  const verdict = await verifyRegistration(answer, asked.challenge, policy)
  if (!verdict.ok) return { ok: false, reason: 'passkey_rejected', problem: verdict.problem }
  const { userHandle } = asked
  const passkey = { ...verdict.credential, id: newPasskeyId(), userHandle, name: checkedName }
  return keep(context, valid, passkey, info)
}

const consume = <Metadata extends object>(
  { storage }: ServiceContext<Metadata>,
  valid: ValidSession<object>,
  id: Uint8Array,
): Promise<boolean> =>
  storage.passkeyChallenges.consume({
    challengeHash: hashChallengeId(id),
    ceremony: 'register',
    actor: actorOf(valid),
  })

/**
 * The challenge says which user handle the authenticator was given: the user's own one, or after a rotation
 * of keys perhaps that of an earlier passkey. No match leaves the first, which the verification refuses.
 */
async function whatWasAsked<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  { user, session }: ValidSession<object>,
  id: Uint8Array,
  { clientData }: RegistrationAnswer,
): Promise<{ challenge: string; userHandle: Uint8Array }> {
  const asked = (userHandle: Uint8Array) => ({
    challenge: challengeOf(id, { kind: 'register', sessionId: session.id, userHandle }),
    userHandle,
  })
  const answered = ({ challenge }: { challenge: string }) => challenge === clientData.says.challenge
  const [first, ...older] = userHandles(options.keys, user.id)
  const known = [first, ...older].map(asked).find(answered)
  if (known !== undefined) return known
  const existing = await storage.passkeys.credentials(user.id)
  return existing.map(({ userHandle }) => asked(userHandle)).find(answered) ?? asked(first)
}

function keep<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  passkey: NewPasskey,
  info: RequestInfo,
): Promise<PasskeyAddition> {
  const { email, name } = valid.user
  const { maxPerUser } = context.options.passkey
  return context.runWithEffects({
    run: ({ passkeys }) => passkeys.add(actorOf(valid), passkey, { max: maxPerUser }),
    effects: (outcome) =>
      outcome.ok
        ? {
            events: [
              event('passkey_added', eventContextOf(valid, info), { passkeyId: passkey.id }),
            ],
            mails:
              email === null
                ? []
                : [queuedMail('passkey_added', email, { name, passkey: passkey.name })],
          }
        : {},
  })
}
