import type { NewPasskey, Passkey, PasskeyAddition, ValidSession } from 'torii-core'
import { newPasskeyId } from 'torii-core'
import { encodeBase64url } from '../../base/base64url.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { PasskeyCreationOptions } from '../../webauthn/ceremony-options.js'
import { creationOptions } from '../../webauthn/ceremony-options.js'
import type { RegistrationResponse } from '../../webauthn/response.js'
import { parseRegistrationResponse } from '../../webauthn/response.js'
import type { Mediation } from '../../webauthn/verification.js'
import { verifyRegistration } from '../../webauthn/verify-registration.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type {
  InvalidToken,
  ReauthenticationRequired,
  Refused,
  TooManyAttempts,
} from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { actorOf, eventContextOf, requireRecent } from '../sessions/valid-session.js'
import type { ChallengeUse } from './challenge.js'
import { challengeOf, hashChallengeId, newChallengeId } from './challenge.js'
import { descriptorOf } from './decoys.js'
import type { PasskeyAnswerInput } from './input.js'
import {
  defaultPasskeyName,
  parseAnswer,
  readChallengeId,
  readInput,
  readPasskeyName,
} from './input.js'
import { logRefusedPage } from './refused-page.js'
import type { PasskeyCeremonyStart } from './start.js'
import { policyOf, startCeremony } from './start.js'
import { knownHandles, userHandles } from './user-handle.js'

/** The response of a registration, and the name of the new passkey. */
export interface RegisterPasskeyInput extends PasskeyAnswerInput {
  /** 1 to 100 characters (default: "Passkey"). */
  name?: string
}

export type RegisterPasskeyStart =
  | PasskeyCeremonyStart<PasskeyCreationOptions>
  | ReauthenticationRequired
  /** The user has as many passkeys as the options allow. */
  | Refused<'too_many'>
  | TooManyAttempts

export type UpgradePasskeyStart =
  | RegisterPasskeyStart
  /** The session was not opened by a password within `passkey.upgradeSeconds`. */
  | Refused<'password_sign_in_required'>

export type RegisterPasskeyOutcome =
  | { readonly ok: true; readonly passkey: Passkey }
  | ReauthenticationRequired
  /** The challenge is unknown, used, expired, or of another session. */
  | InvalidToken
  /** Only with the options of `upgradeOptions`: too much time has passed since the sign-in. */
  | Refused<'password_sign_in_required'>
  /** The response failed a step of the ceremony. The user is signed in, so the step may be shown. */
  | Refused<'passkey_rejected'>
  | Exclude<PasskeyAddition, { ok: true }>

/** The purpose of the challenge of a registration. */
type RegistrationKind = Extract<ChallengeUse, { sessionId: unknown; userHandle: unknown }>['kind']

/** A `register` is confirmed by the user; an `upgrade` runs in the background. */
const mediationOf = (kind: RegistrationKind): Mediation =>
  kind === 'upgrade' ? 'conditional' : 'prompt'

/** Creates the options for a new passkey. Two statements. */
export const registerOptions =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<RegisterPasskeyStart> =>
    start(context, 'register', valid, readRequestInfo(requestInfo))

/** Creates the options for a passkey that the browser creates in the background. Two statements, none if refused. */
export const upgradeOptions =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<UpgradePasskeyStart> => {
    const info = readRequestInfo(requestInfo)
    const upgradable = requireUpgradable(context, valid)
    return upgradable.ok ? start(context, 'upgrade', valid, info) : upgradable
  }

async function start<Metadata extends object>(
  context: ServiceContext<Metadata>,
  kind: RegistrationKind,
  valid: ValidSession<Metadata>,
  info: CheckedRequestInfo,
): Promise<RegisterPasskeyStart> {
  const recent = requireRecent(valid)
  if (!recent.ok) return recent
  const { keys, passkey: options } = context.options
  const [newHandle] = userHandles(keys, valid.user.id)
  const existing = await context.storage.passkeys.credentials(valid.user.id)
  // Refused now, before a device creates a passkey that cannot be stored.
  if (existing.length >= options.maxPerUser) return { ok: false, reason: 'too_many' }
  const [known = newHandle] = knownHandles(existing)
  const id = newChallengeId()
  const refused = await startCeremony(context, id, 'register', info, valid)
  if (refused !== null) return refused
  const challenge = challengeOf(id, { kind, sessionId: valid.session.id, userHandle: known })
  const ceremony = {
    challenge,
    userHandle: known,
    exclude: existing.map(descriptorOf),
    mediation: mediationOf(kind),
  }
  return {
    ok: true,
    challengeId: encodeBase64url(id),
    options: creationOptions(policyOf(options), valid.user, ceremony),
  }
}

/**
 * Checks that this session was opened by a password within `passkey.upgradeSeconds` before it was validated. A derived
 * session is new, but has the methods and the time of authentication of the session that it comes from.
 */
function requireUpgradable<Metadata extends object>(
  { options }: Pick<ServiceContext<Metadata>, 'options'>,
  { session, validatedAt }: ValidSession<object>,
): { readonly ok: true } | Refused<'password_sign_in_required'> {
  const { methods, createdAt, authenticatedAt } = session
  const earliest = validatedAt.getTime() - options.passkey.upgradeSeconds * 1000
  const isFresh = createdAt.getTime() > earliest && authenticatedAt.getTime() > earliest
  return methods[0] === 'password' && isFresh
    ? { ok: true }
    : { ok: false, reason: 'password_sign_in_required' }
}

/** Completes a registration: uses the challenge, verifies the response and stores the passkey. */
export const register =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    input: RegisterPasskeyInput,
    requestInfo: RequestInfo,
  ): Promise<RegisterPasskeyOutcome> => {
    const info = readRequestInfo(requestInfo)
    const { challengeId, response, name = defaultPasskeyName } = readInput(input)
    const id = readChallengeId(challengeId)
    const answer = await parseAnswer(
      parseRegistrationResponse,
      response,
      async () => id !== null && consume(context, valid, id),
    )
    const checkedName = readPasskeyName(name)
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    if (id === null || !(await consume(context, valid, id))) return invalidToken
    const expected = await expectedBy(context, valid, id, answer)
    const upgradable = requireUpgradable(context, valid)
    if (expected.kind === 'upgrade' && !upgradable.ok) return upgradable
    const policy = policyOf(context.options.passkey)
    const mediation = mediationOf(expected.kind)
    const verdict = verifyRegistration(answer, expected.challenge, policy, mediation)
    if (!verdict.ok) {
      logRefusedPage(context, verdict.problem, answer.clientData.parsed)
      return { ok: false, reason: 'passkey_rejected', problem: verdict.problem }
    }
    const { userHandle } = expected
    const passkey = { ...verdict.credential, id: newPasskeyId(), userHandle, name: checkedName }
    return store(context, valid, passkey, info)
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

/** What the signed challenge says about its ceremony. */
interface ExpectedRegistration {
  readonly kind: RegistrationKind
  readonly challenge: string
  readonly userHandle: Uint8Array
}

/**
 * Finds the kind of the registration and the user handle that the authenticator received, by the challenge: the user's own, or
 * after a key rotation that of an earlier passkey. Without a match it returns the first one, which the verification refuses.
 */
async function expectedBy<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  { user, session }: ValidSession<object>,
  id: Uint8Array,
  { clientData }: RegistrationResponse,
): Promise<ExpectedRegistration> {
  const expect = (kind: RegistrationKind, userHandle: Uint8Array): ExpectedRegistration => ({
    kind,
    challenge: challengeOf(id, { kind, sessionId: session.id, userHandle }),
    userHandle,
  })
  const findSigned = (handles: readonly Uint8Array[]) =>
    handles
      .flatMap((handle) => [expect('register', handle), expect('upgrade', handle)])
      .find(({ challenge }) => challenge === clientData.parsed.challenge)
  const [first, ...older] = userHandles(options.keys, user.id)
  const known = findSigned([first, ...older])
  if (known !== undefined) return known
  const existing = await storage.passkeys.credentials(user.id)
  return findSigned(knownHandles(existing)) ?? expect('register', first)
}

function store<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  passkey: NewPasskey,
  info: CheckedRequestInfo,
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
