import { newPasskey } from '../fixtures/credentials.js'
import {
  freeCharges,
  freshSecretHash,
  noRefund,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'
import {
  freshRecoveryCodes,
  freshTotpSecret,
  newTrust,
  sessionOfPending,
} from '../fixtures/second-factors.js'
import type { BadArgument } from './bad-arguments.js'
import { inActor, inCharges, inKey, inRefund, one } from './bad-arguments.js'
import { badBytes, inIpAddress, someActor } from './bad-arguments-credentials.js'
import { inUse, someUse } from './bad-calls-passkeys.js'
import { badBooleans, badNumbers, notObjects, unsafe } from './bad-values.js'

const someKey = () => ({
  userId: unknownUserId(),
  id: unknownSessionId(),
  secretHash: freshSecretHash(),
})
const confirmation = () => ({
  secret: freshTotpSecret(),
  step: 1,
  newSecretHash: freshSecretHash(),
  recoveryCodes: freshRecoveryCodes(),
})
const replacement = () => ({ generation: 1, recoveryCodes: freshRecoveryCodes() })
const answer = () => ({ key: someKey(), step: 1, session: sessionOfPending(), refund: noRefund })
const recovery = () => ({
  key: someKey(),
  codeHashes: [freshSecretHash()],
  session: sessionOfPending(),
  charges: freeCharges(),
})
const passkeyLookup = () => ({
  key: someKey(),
  challengeHash: freshSecretHash(),
  credentialId: someUse().credentialId,
  charge: null,
})
const passkeyAnswer = () => ({ key: someKey(), use: someUse(), session: sessionOfPending() })
const proof = () => ({ step: 1, newSecretHash: freshSecretHash(), refund: noRefund })
const recoveryProof = () => ({
  codeHashes: [freshSecretHash()],
  newSecretHash: freshSecretHash(),
  charges: freeCharges(),
})
/** Values that are no list of hashes, of which there may be one less than `tooMany`. */
const badHashes = (tooMany = 11): unknown[] => [
  ...notObjects.filter((value) => !Array.isArray(value)),
  Array.from({ length: tooMany }, freshSecretHash),
]
/** {@link notObjects}, where null is a value. */
const wrongObjects = notObjects.filter((value) => value !== null)
/** {@link notObjects}, where an absent one is none. */
const wrongOptions = notObjects.filter((value) => value !== undefined)
const start = () => ({ key: someKey(), secret: freshTotpSecret(), emailCodeHashes: null })
const enrollment = () => ({
  key: someKey(),
  confirmation: confirmation(),
  session: sessionOfPending(),
})
const passkeyStart = () => ({
  key: someKey(),
  challengeHash: freshSecretHash(),
  emailCodeHashes: null,
})
const passkeyAddition = () => ({
  key: someKey(),
  passkey: newPasskey(),
  session: sessionOfPending(),
})
const passwordAnswer = () => ({ key: someKey(), session: sessionOfPending(), refund: noRefund })
const charged = (values: readonly BadArgument[]) =>
  values.filter(({ field, values: [first] }) => field !== null || first !== null)

const secondFactors: readonly BadArgument[] = [
  ...inActor('secondFactors.startTotp', ({ secondFactors }, actor) =>
    secondFactors.startTotp(actor, freshTotpSecret()),
  ),
  ...inActor('secondFactors.findEnrollment', ({ secondFactors }, actor) =>
    secondFactors.findEnrollment(actor),
  ),
  ...inActor('secondFactors.confirmTotp', ({ secondFactors }, actor) =>
    secondFactors.confirmTotp(actor, confirmation()),
  ),
  one('secondFactors.confirmTotp', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.confirmTotp(someActor(), unsafe(value)),
  ),
  one('secondFactors.confirmTotp', 'step', badNumbers(), ({ secondFactors }, step) =>
    secondFactors.confirmTotp(someActor(), { ...confirmation(), step: unsafe(step) }),
  ),
  one('secondFactors.confirmTotp', 'lifetimeSeconds', badNumbers(), ({ secondFactors }, value) =>
    secondFactors.confirmTotp(someActor(), {
      ...confirmation(),
      undo: { secretHash: freshSecretHash(), lifetimeSeconds: unsafe(value) },
    }),
  ),
  one('secondFactors.confirmTotp', 'recoveryCodes', badHashes(), ({ secondFactors }, codes) =>
    secondFactors.confirmTotp(someActor(), { ...confirmation(), recoveryCodes: unsafe(codes) }),
  ),
  ...inActor('secondFactors.removeTotp', ({ secondFactors }, actor) =>
    secondFactors.removeTotp(actor, freshSecretHash()),
  ),
  ...inActor('secondFactors.replaceRecoveryCodes', ({ secondFactors }, actor) =>
    secondFactors.replaceRecoveryCodes(actor, replacement()),
  ),
  one('secondFactors.replaceRecoveryCodes', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.replaceRecoveryCodes(someActor(), unsafe(value)),
  ),
  one(
    'secondFactors.replaceRecoveryCodes',
    'generation',
    badNumbers(),
    ({ secondFactors }, generation) =>
      secondFactors.replaceRecoveryCodes(someActor(), {
        ...replacement(),
        generation: unsafe(generation),
      }),
  ),
  one(
    'secondFactors.replaceRecoveryCodes',
    'recoveryCodes',
    badHashes(),
    ({ secondFactors }, codes) =>
      secondFactors.replaceRecoveryCodes(someActor(), {
        ...replacement(),
        recoveryCodes: unsafe(codes),
      }),
  ),
  one('secondFactors.removeTotp', 'secondFactor', ['', 'never', 1], ({ secondFactors }, policy) =>
    secondFactors.removeTotp(someActor(), freshSecretHash(), unsafe(policy)),
  ),
  one('secondFactors.reset', null, wrongOptions, ({ secondFactors }, value) =>
    secondFactors.reset(unknownUserId(), unsafe(value)),
  ),
  one('secondFactors.reset', 'passkeys', [...badBooleans(), null], ({ secondFactors }, value) =>
    secondFactors.reset(unknownUserId(), { passkeys: unsafe(value) }),
  ),
  one('secondFactors.setRequired', null, wrongObjects, ({ secondFactors }, value) =>
    secondFactors.setRequired(unknownUserId(), unsafe(value)),
  ),
  one('secondFactors.setRequired', 'graceSeconds', badNumbers(), ({ secondFactors }, seconds) =>
    secondFactors.setRequired(unknownUserId(), { graceSeconds: unsafe(seconds) }),
  ),
  one('secondFactors.findEnrolling', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.findEnrolling(unsafe(value)),
  ),
  ...inKey('secondFactors.findEnrolling', ({ secondFactors }, key) =>
    secondFactors.findEnrolling({ key, ipAddress: null }),
  ),
  ...inKey('secondFactors.setEmailCode', ({ secondFactors }, key) =>
    secondFactors.setEmailCode(key, freshSecretHash()),
  ),
  one('secondFactors.startTotpForSignIn', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.startTotpForSignIn(unsafe(value)),
  ),
  ...inKey('secondFactors.startTotpForSignIn', ({ secondFactors }, key) =>
    secondFactors.startTotpForSignIn({ ...start(), key }),
  ),
  one(
    'secondFactors.startTotpForSignIn',
    'emailCodeHashes',
    badHashes(33).filter((value) => value !== null),
    ({ secondFactors }, codes) =>
      secondFactors.startTotpForSignIn({ ...start(), emailCodeHashes: unsafe(codes) }),
  ),
  one('secondFactors.findEnrollmentForSignIn', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.findEnrollmentForSignIn(unsafe(value)),
  ),
  ...inKey('secondFactors.findEnrollmentForSignIn', ({ secondFactors }, key) =>
    secondFactors.findEnrollmentForSignIn({ key, ipAddress: null }),
  ),
  one('secondFactors.confirmTotpForSignIn', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.confirmTotpForSignIn(unsafe(value)),
  ),
  ...inKey('secondFactors.confirmTotpForSignIn', ({ secondFactors }, key) =>
    secondFactors.confirmTotpForSignIn({ ...enrollment(), key }),
  ),
  one('secondFactors.confirmTotpForSignIn', null, notObjects, ({ secondFactors }, session) =>
    secondFactors.confirmTotpForSignIn({ ...enrollment(), session: unsafe(session) }),
  ),
  one('secondFactors.confirmTotpForSignIn', 'step', badNumbers(), ({ secondFactors }, step) =>
    secondFactors.confirmTotpForSignIn({
      ...enrollment(),
      confirmation: { ...confirmation(), step: unsafe(step) },
    }),
  ),
  one(
    'secondFactors.confirmTotpForSignIn',
    'recoveryCodes',
    badHashes(),
    ({ secondFactors }, recoveryCodes) =>
      secondFactors.confirmTotpForSignIn({
        ...enrollment(),
        confirmation: { ...confirmation(), recoveryCodes: unsafe(recoveryCodes) },
      }),
  ),
  one('secondFactors.startPasskeyForSignIn', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.startPasskeyForSignIn(unsafe(value)),
  ),
  ...inKey('secondFactors.startPasskeyForSignIn', ({ secondFactors }, key) =>
    secondFactors.startPasskeyForSignIn({ ...passkeyStart(), key }),
  ),
  one(
    'secondFactors.startPasskeyForSignIn',
    'emailCodeHashes',
    badHashes(33).filter((value) => value !== null),
    ({ secondFactors }, codes) =>
      secondFactors.startPasskeyForSignIn({ ...passkeyStart(), emailCodeHashes: unsafe(codes) }),
  ),
  one('secondFactors.usePasskeyStart', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.usePasskeyStart(unsafe(value)),
  ),
  ...inKey('secondFactors.usePasskeyStart', ({ secondFactors }, key) =>
    secondFactors.usePasskeyStart({ key, challengeHash: freshSecretHash(), ipAddress: null }),
  ),
  one('secondFactors.addPasskeyForSignIn', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.addPasskeyForSignIn(unsafe(value)),
  ),
  ...inKey('secondFactors.addPasskeyForSignIn', ({ secondFactors }, key) =>
    secondFactors.addPasskeyForSignIn({ ...passkeyAddition(), key }),
  ),
  one('secondFactors.addPasskeyForSignIn', null, notObjects, ({ secondFactors }, session) =>
    secondFactors.addPasskeyForSignIn({ ...passkeyAddition(), session: unsafe(session) }),
  ),
  one('secondFactors.addPasskeyForSignIn', null, notObjects, ({ secondFactors }, passkey) =>
    secondFactors.addPasskeyForSignIn({ ...passkeyAddition(), passkey: unsafe(passkey) }),
  ),
  one('secondFactors.findPassword', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.findPassword(unsafe(value)),
  ),
  ...inKey('secondFactors.findPassword', ({ secondFactors }, key) =>
    secondFactors.findPassword({ key, charges: freeCharges() }),
  ),
  ...inCharges('secondFactors.findPassword', ({ secondFactors }, charges) =>
    secondFactors.findPassword({ key: someKey(), charges }),
  ),
  one('secondFactors.signInByPassword', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.signInByPassword(unsafe(value)),
  ),
  ...inKey('secondFactors.signInByPassword', ({ secondFactors }, key) =>
    secondFactors.signInByPassword({ ...passwordAnswer(), key }),
  ),
  one('secondFactors.signInByPassword', null, notObjects, ({ secondFactors }, session) =>
    secondFactors.signInByPassword({ ...passwordAnswer(), session: unsafe(session) }),
  ),
  ...inRefund('secondFactors.signInByPassword', ({ secondFactors }, refund) =>
    secondFactors.signInByPassword({ ...passwordAnswer(), refund }),
  ),
  ...inKey('secondFactors.findPending', ({ secondFactors }, key) => secondFactors.findPending(key)),
  ...inKey('secondFactors.endPending', ({ secondFactors }, key) => secondFactors.endPending(key)),
  one('secondFactors.findForSignIn', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.findForSignIn(unsafe(value)),
  ),
  ...inKey('secondFactors.findForSignIn', ({ secondFactors }, key) =>
    secondFactors.findForSignIn({ key, charges: freeCharges() }),
  ),
  ...inCharges('secondFactors.findForSignIn', ({ secondFactors }, charges) =>
    secondFactors.findForSignIn({ key: someKey(), charges }),
  ),
  one('secondFactors.signIn', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.signIn(unsafe(value)),
  ),
  ...inKey('secondFactors.signIn', ({ secondFactors }, key) =>
    secondFactors.signIn({ ...answer(), key }),
  ),
  one('secondFactors.signIn', 'step', badNumbers(), ({ secondFactors }, step) =>
    secondFactors.signIn({ ...answer(), step: unsafe(step) }),
  ),
  one('secondFactors.signIn', null, notObjects, ({ secondFactors }, session) =>
    secondFactors.signIn({ ...answer(), session: unsafe(session) }),
  ),
  ...inRefund('secondFactors.signIn', ({ secondFactors }, refund) =>
    secondFactors.signIn({ ...answer(), refund }),
  ),
  one('secondFactors.signIn', 'formerHashes', badHashes(6), ({ secondFactors }, formerHashes) =>
    secondFactors.signIn({
      ...answer(),
      trust: { ...newTrust(), formerHashes: unsafe(formerHashes) },
    }),
  ),
  one(
    'secondFactors.signIn',
    'lifetimeSeconds',
    [...badNumbers(), 0],
    ({ secondFactors }, lifetimeSeconds) =>
      secondFactors.signIn({
        ...answer(),
        trust: { ...newTrust(), lifetimeSeconds: unsafe(lifetimeSeconds) },
      }),
  ),
  ...inActor('secondFactors.removeTrustedBrowsers', ({ secondFactors }, actor) =>
    secondFactors.removeTrustedBrowsers(actor, null),
  ),
  one('secondFactors.useRecoveryCode', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.useRecoveryCode(unsafe(value)),
  ),
  ...inKey('secondFactors.useRecoveryCode', ({ secondFactors }, key) =>
    secondFactors.useRecoveryCode({ ...recovery(), key }),
  ),
  one('secondFactors.useRecoveryCode', 'codeHashes', badHashes(33), ({ secondFactors }, codes) =>
    secondFactors.useRecoveryCode({ ...recovery(), codeHashes: unsafe(codes) }),
  ),
  one('secondFactors.useRecoveryCode', null, notObjects, ({ secondFactors }, session) =>
    secondFactors.useRecoveryCode({ ...recovery(), session: unsafe(session) }),
  ),
  ...charged(
    inCharges('secondFactors.useRecoveryCode', ({ secondFactors }, charges) =>
      secondFactors.useRecoveryCode({ ...recovery(), charges }),
    ),
  ),
  one('secondFactors.findPasskey', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.findPasskey(unsafe(value)),
  ),
  ...inKey('secondFactors.findPasskey', ({ secondFactors }, key) =>
    secondFactors.findPasskey({ ...passkeyLookup(), key }),
  ),
  one('secondFactors.findPasskey', 'credentialId', badBytes(1, 1023), ({ secondFactors }, value) =>
    secondFactors.findPasskey({ ...passkeyLookup(), credentialId: unsafe(value) }),
  ),
  ...inIpAddress('secondFactors.findPasskey', ({ secondFactors }, charge) =>
    secondFactors.findPasskey({ ...passkeyLookup(), charge: unsafe(charge) }),
  ),
  one('secondFactors.signInByPasskey', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.signInByPasskey(unsafe(value)),
  ),
  ...inKey('secondFactors.signInByPasskey', ({ secondFactors }, key) =>
    secondFactors.signInByPasskey({ ...passkeyAnswer(), key }),
  ),
  ...inUse('secondFactors.signInByPasskey', ({ secondFactors }, use) =>
    secondFactors.signInByPasskey({ ...passkeyAnswer(), use }),
  ),
  one('secondFactors.signInByPasskey', null, notObjects, ({ secondFactors }, session) =>
    secondFactors.signInByPasskey({ ...passkeyAnswer(), session: unsafe(session) }),
  ),
  one(
    'secondFactors.signInByPasskey',
    'formerHashes',
    badHashes(6),
    ({ secondFactors }, formerHashes) =>
      secondFactors.signInByPasskey({
        ...passkeyAnswer(),
        trust: { ...newTrust(), formerHashes: unsafe(formerHashes) },
      }),
  ),
  one('secondFactors.findForSession', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.findForSession(unsafe(value)),
  ),
  ...inCharges('secondFactors.findForSession', ({ secondFactors }, charges) =>
    secondFactors.findForSession({ userId: unknownUserId(), charges }),
  ),
  ...inKey('secondFactors.reauthenticate', ({ secondFactors }, key) =>
    secondFactors.reauthenticate(key, proof()),
  ),
  one('secondFactors.reauthenticate', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.reauthenticate(someKey(), unsafe(value)),
  ),
  one('secondFactors.reauthenticate', 'step', badNumbers(), ({ secondFactors }, step) =>
    secondFactors.reauthenticate(someKey(), { ...proof(), step: unsafe(step) }),
  ),
  ...inRefund('secondFactors.reauthenticate', ({ secondFactors }, refund) =>
    secondFactors.reauthenticate(someKey(), { ...proof(), refund }),
  ),
  ...inKey('secondFactors.reauthenticateByRecoveryCode', ({ secondFactors }, key) =>
    secondFactors.reauthenticateByRecoveryCode(key, recoveryProof()),
  ),
  one('secondFactors.reauthenticateByRecoveryCode', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.reauthenticateByRecoveryCode(someKey(), unsafe(value)),
  ),
  ...charged(
    inCharges('secondFactors.reauthenticateByRecoveryCode', ({ secondFactors }, charges) =>
      secondFactors.reauthenticateByRecoveryCode(someKey(), { ...recoveryProof(), charges }),
    ),
  ),
  one('secondFactors.listSecrets', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.listSecrets(unsafe(value)),
  ),
  one(
    'secondFactors.listSecrets',
    'limit',
    [...badNumbers(), 0, 1001],
    ({ secondFactors }, limit) => secondFactors.listSecrets({ limit: unsafe(limit) }),
  ),
  one('secondFactors.replaceSecret', null, notObjects, ({ secondFactors }, value) =>
    secondFactors.replaceSecret(unsafe(value)),
  ),
]

/** Calls of the second factors with arguments of the wrong shape. */
export const badSecondFactorCalls = { secondFactors }
