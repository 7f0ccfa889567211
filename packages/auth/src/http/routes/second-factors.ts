import { parseTrustedBrowserId } from 'torii-core'
import {
  linkPaths,
  passkeyFactorPath,
  secondFactorPath,
  totpConfirmPath,
  totpStartPath,
} from '../../base/paths.js'
import { sessionCookie } from '../request/cookie.js'
import { qrCode } from '../response/qr-code.js'
import { serializeSession } from '../response/serializers.js'
import {
  confirmTotpBody,
  passkeyFactorBody,
  startTotpBody,
  undoSecondFactorBody,
  verifySecondFactorBody,
} from '../schema/request-bodies.js'
import {
  challengeSchema,
  recoveryCodesSchema,
  secondFactorsSchema,
  signInSchema,
  tokenSchema,
  totpConfirmedSchema,
  totpStartSchema,
} from '../schema/response-bodies.js'
import type { Static } from '../schema/schema.js'
import { failure, noContent, refused, success } from './results.js'
import type { Call, SignedInCall } from './route.js'
import { defineRoute } from './route.js'
import {
  redirectAfterFactor,
  showRecoveryCodesPage,
  showSecondFactorPage,
  showTotpPage,
} from './second-factor-page.js'
import {
  endedCookies,
  enrollmentRefused,
  openedSession,
  pendingTokenOf,
  signedIn,
  signInExpired,
} from './sign-in-result.js'

/** The second factors of the signed-in user, and the sign-in that waits for one. */
export const secondFactorRoutes = [
  defineRoute({
    method: 'GET',
    path: secondFactorPath,
    summary: 'Shows the page that asks for the second factor',
    access: 'anyone',
    body: null,
    responses: { 200: 'page', 401: 'page' },
    errors: ['invalid_token'],
    feature: 'secondFactors',
    navigation: true,
    query: ['redirectTo'],
    handle: (call) =>
      showSecondFactorPage(call, null, redirectAfterFactor(call, call.query.get('redirectTo'))),
  }),
  defineRoute({
    method: 'POST',
    path: secondFactorPath,
    summary:
      'Completes a sign-in with the code of an authenticator application, a recovery code, a passkey or the password',
    access: 'anyone',
    body: verifySecondFactorBody,
    responses: { 200: signInSchema },
    errors: ['invalid_code', 'invalid_token', 'too_many_attempts'],
    feature: 'secondFactors',
    form: { purpose: 'second_factor', next: 'signedIn' },
    async handle(call, { pendingId, pending: _, trustBrowser, redirectTo: __, ...proofs }) {
      const { torii, info } = call
      const token = pendingTokenOf(call, pendingId)
      if (token === null) return signInExpired
      const given = proofOf(proofs)
      if (given === null) return failure(oneProof)
      if (trustBrowser === true && call.transport === 'body') return failure(noBrowser)
      const outcome = await torii.secondFactors.verify({ ...given, token, trustBrowser }, info)
      if (outcome.ok) return signedIn(call, 200, outcome)
      const ended = endedCookies(call, outcome)
      return {
        ...refused(outcome, { texts: { ...textsOf(given), invalid_token: 'sign_in_expired' } }),
        setCookies: ended,
      }
    },
  }),
  defineRoute({
    method: 'POST',
    path: passkeyFactorPath,
    summary: 'Starts a passkey as the second factor of a sign-in',
    access: 'anyone',
    body: passkeyFactorBody,
    responses: { 200: challengeSchema },
    errors: ['invalid_token', 'not_found', 'too_many_attempts'],
    feature: 'passkey',
    async handle(call, { pendingId }) {
      const { torii, info } = call
      const token = pendingTokenOf(call, pendingId)
      if (token === null) return signInExpired
      const started = await torii.secondFactors.passkeyOptions(token, info)
      if (started.ok) {
        const { challengeId, options } = started
        return success(200, { challengeId, options })
      }
      const ended = endedCookies(call, started)
      const texts = { invalid_token: 'sign_in_expired', not_found: 'no_passkey_factor' } as const
      return { ...refused(started, { texts }), setCookies: ended }
    },
  }),
  defineRoute({
    method: 'POST',
    path: linkPaths.undo_second_factor.action,
    summary:
      'Undoes a second factor with the token of a link: removes what was added since, and mails a reset link',
    access: 'anyone',
    body: undoSecondFactorBody,
    responses: { 204: null },
    errors: ['invalid_token', 'too_many_attempts'],
    feature: 'mail',
    form: { purpose: 'undo_second_factor', next: 'signIn' },
    async handle({ torii, info, nonce }, { token }) {
      const outcome = await torii.secondFactors.undo({ token, nonce }, info)
      return outcome.ok
        ? noContent()
        : refused(outcome, { texts: { invalid_token: 'undo_expired' } })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'second-factors',
    summary: 'Returns the second factors of the user, and the level of the session',
    access: 'signed in',
    body: null,
    responses: { 200: secondFactorsSchema },
    errors: [],
    async handle({ torii, valid }) {
      const [{ totp, recoveryCodes, required }, browsers] = await Promise.all([
        torii.secondFactors.find(valid),
        torii.secondFactors.listTrustedBrowsers(valid),
      ])
      const { level, level2At } = valid.session
      return success(200, {
        level,
        level2At: level2At?.toISOString() ?? null,
        totp:
          totp === null
            ? null
            : {
                createdAt: totp.createdAt.toISOString(),
                lastUsedAt: totp.lastUsedAt?.toISOString() ?? null,
              },
        recoveryCodes: { remaining: recoveryCodes.remaining },
        trustedBrowsers: browsers.map((browser) => ({
          id: browser.id,
          userAgent: browser.userAgent,
          createdAt: browser.createdAt.toISOString(),
          lastUsedAt: browser.lastUsedAt?.toISOString() ?? null,
          expiresAt: browser.expiresAt.toISOString(),
        })),
        required: required !== null,
        graceEndsAt: required?.graceEndsAt?.toISOString() ?? null,
      })
    },
  }),
  defineRoute({
    method: 'POST',
    path: totpStartPath,
    summary: 'Creates the secret of an authenticator application; its first code confirms it',
    access: 'signed in',
    body: startTotpBody,
    responses: { 200: totpStartSchema },
    errors: [
      'email_code_required',
      'invalid_code',
      'invalid_token',
      'reauthentication_required',
      'too_many_attempts',
    ],
    feature: 'secondFactors',
    form: { purpose: 'second_factor', show: showTotpPage },
    async handle({ torii, valid }) {
      const started = await torii.secondFactors.startTotp(valid)
      return started.ok ? success(200, await totpStart(started)) : refused(started)
    },
    async handleEnrolling(call, token, { emailCode }) {
      const input = { token, emailCode: emailCode ?? undefined }
      const started = await call.torii.secondFactors.startTotpAtSignIn(input, call.info)
      return started.ok ? success(200, await totpStart(started)) : enrollmentRefused(call, started)
    },
  }),
  defineRoute({
    method: 'POST',
    path: totpConfirmPath,
    summary: 'Turns the second factor on, ends the other sessions and returns the recovery codes',
    access: 'signed in',
    body: confirmTotpBody,
    responses: { 201: totpConfirmedSchema },
    errors: ['invalid_code', 'invalid_token', 'reauthentication_required', 'too_many_attempts'],
    feature: 'secondFactors',
    form: { purpose: 'second_factor', show: showRecoveryCodesPage },
    async handle(call, { code }) {
      const { torii, valid, tokens, info } = call
      const input = { code, token: tokens.token ?? '' }
      const confirmed = await torii.secondFactors.confirmTotp(valid, input, info)
      if (!confirmed.ok)
        return refused(confirmed, { texts: { invalid_token: 'enrollment_expired' } })
      const { recoveryCodes, session, token } = confirmed
      if (!isByCookie(call)) return success(201, { recoveryCodes, token: token.reveal() })
      const setCookies = [sessionCookie(torii.options, session, token)]
      return success(201, { recoveryCodes }, { setCookies })
    },
    async handleEnrolling(call, token, { code }) {
      const confirmed = await call.torii.secondFactors.confirmTotpAtSignIn(
        { token, code },
        call.info,
      )
      if (!confirmed.ok)
        return refused(confirmed, { texts: { invalid_token: 'enrollment_expired' } })
      const { recoveryCodes } = confirmed
      const { body, setCookies } = await openedSession(call, confirmed)
      return success(201, { recoveryCodes, ...body }, { setCookies })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'second-factors/totp',
    summary: 'Turns the second factor off and ends the other sessions',
    access: 'signed in',
    body: null,
    responses: { 200: tokenSchema, 204: null },
    errors: ['factor_required', 'not_found', 'reauthentication_required'],
    async handle(call) {
      const { torii, valid, tokens, info } = call
      const input = { token: tokens.token ?? '' }
      const removed = await torii.secondFactors.removeTotp(valid, input, info)
      return removed.ok ? replacedToken(call, removed) : refused(removed)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'second-factors/recovery-codes',
    summary: 'Creates recovery codes in place of the former ones',
    access: 'signed in',
    body: null,
    responses: { 200: recoveryCodesSchema },
    errors: ['not_found', 'reauthentication_required', 'too_many_attempts'],
    async handle({ torii, valid, info }) {
      const replaced = await torii.secondFactors.replaceRecoveryCodes(valid, info)
      return replaced.ok
        ? success(200, { recoveryCodes: replaced.recoveryCodes })
        : refused(replaced)
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'second-factors/trusted-browsers',
    summary: 'Removes every trusted browser of the user',
    access: 'signed in',
    body: null,
    responses: { 204: null },
    errors: [],
    async handle({ torii, valid, info }) {
      await torii.secondFactors.removeTrustedBrowsers(valid, info)
      return noContent()
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'second-factors/trusted-browsers/:id',
    summary: 'Removes a trusted browser of the user',
    access: 'signed in',
    body: null,
    responses: { 204: null },
    errors: ['not_found'],
    async handle({ torii, valid, param: id, info }) {
      // One spelling per id, as of a session.
      const removed =
        parseTrustedBrowserId(id) === id &&
        (await torii.secondFactors.removeTrustedBrowser(valid, id, info))
      return removed ? noContent() : failure({ error: 'not_found' })
    },
  }),
]

const totpStart = async ({ secret, uri }: { secret: string; uri: string }) => ({
  secret,
  uri,
  qr: await qrCode(uri),
})

const oneProof = {
  error: 'invalid_input',
  field: 'code',
  message: 'Send one of code, recoveryCode, password, and challengeId with response.',
} as const

const noBrowser = {
  error: 'invalid_input',
  field: 'trustBrowser',
  message: 'Only a browser can be trusted.',
} as const

/** Exactly one proof, or null. */
function proofOf(body: Omit<VerifyBody, 'pendingId'>) {
  const { code = null, recoveryCode = null, challengeId, response, password = null } = body
  const isPasskey = challengeId != null || response != null
  if (!isPasskey && password === null) return codeOf(code, recoveryCode)
  if (code !== null || recoveryCode !== null) return null
  if (!isPasskey) return password === null ? null : { password }
  if (challengeId == null || response == null || password !== null) return null
  return { challengeId, response }
}

/** Each proof but a code of the application has a separate message. */
function textsOf(given: NonNullable<ReturnType<typeof proofOf>>) {
  if ('password' in given) return { invalid_code: 'incorrect_password' } as const
  return 'response' in given ? ({ invalid_code: 'passkey_rejected' } as const) : codeTexts(given)
}

/** Exactly one code, or null. */
export function codeOf(code: string | null, recoveryCode: string | null) {
  if (code !== null && recoveryCode !== null) return null
  if (code !== null) return { code }
  return recoveryCode === null ? null : { recoveryCode }
}

/** A wrong recovery code has a separate message. */
export const codeTexts = (given: NonNullable<ReturnType<typeof codeOf>>) =>
  'recoveryCode' in given ? ({ invalid_code: 'invalid_recovery_code' } as const) : {}

const isByCookie = ({ tokens }: Call): boolean => tokens.token === tokens.cookie

/** The new token of a session: in the cookie if the old one came from there, else in the body. */
export function replacedToken(call: SignedInCall, { session, token }: Replaced) {
  if (!isByCookie(call))
    return success(200, { token: token.reveal(), session: serializeSession(session, true) })
  return noContent({ setCookies: [sessionCookie(call.torii.options, session, token)] })
}

type VerifyBody = Static<typeof verifySecondFactorBody>
type Replaced = Pick<
  Extract<Awaited<ReturnType<Call['torii']['secondFactors']['reauthenticate']>>, { ok: true }>,
  'session' | 'token'
>
