import assert from 'node:assert/strict'
import type { TokenHash } from 'torii-core'
import { newConfirmation, newTrust } from '../races/enrollment.test.support.js'
import { actorOf, firstEpochs } from '../races/people.test.support.js'
import type { Operation } from './entry-row-operations.test.support.js'
import { useOf } from './entry-row-operations.test.support.js'
import type { Fixture } from './fixture.test.support.js'

/** The parts of the fixture of a user who has a second factor. */
function factorOf({ factor }: Fixture) {
  assert.ok(factor !== null, 'the user of this round has no second factor')
  return factor
}

/** What the trusted browser presents. */
const presenting = (fixture: Fixture, newSecretHash: TokenHash) => ({
  secretHashes: [factorOf(fixture).trusted.secretHash],
  newSecretHash,
})

/** What is done with a second factor and with the sign-ins that wait for it. */
export const secondFactorOperations = {
  findPendingFactor: ({ secondFactors }, fixture) =>
    secondFactors.findForSignIn({
      key: factorOf(fixture).pending,
      charges: { account: fixture.charges.address, ipAddress: fixture.charges.ipAddress },
    }),
  answer: ({ secondFactors }, fixture, { session }) =>
    secondFactors.signIn({
      key: factorOf(fixture).pending,
      step: 2,
      session,
      refund: fixture.refund,
    }),
  answerTrusting: ({ secondFactors }, fixture, { session, secretHash }) =>
    secondFactors.signIn({
      key: factorOf(fixture).pending,
      step: 2,
      session,
      refund: fixture.refund,
      trust: { ...newTrust([factorOf(fixture).trusted.secretHash]), secretHash },
    }),
  openTrusted: ({ sessions }, fixture, { session, secretHash }) =>
    sessions.open(fixture.id, { ...session, trust: presenting(fixture, secretHash) }),
  signInTrusted: ({ passwords }, fixture, { session, secretHash }) =>
    passwords.signIn({
      credential: { userId: fixture.id, hash: fixture.hash, epochs: firstEpochs },
      session: { ...session, trust: presenting(fixture, secretHash) },
      refund: fixture.refund,
    }),
  removeTrusted: ({ secondFactors }, fixture) =>
    secondFactors.removeTrustedBrowsers(actorOf(fixture), factorOf(fixture).trusted.id),
  answerByCode: ({ secondFactors }, fixture, { session }) =>
    secondFactors.useRecoveryCode({
      key: factorOf(fixture).pending,
      codeHashes: [factorOf(fixture).codeHash],
      session,
      charges: { account: fixture.charges.address, ipAddress: fixture.charges.ipAddress },
    }),
  findPendingPasskey: ({ secondFactors }, fixture) =>
    secondFactors.findPasskey({
      key: factorOf(fixture).pending,
      challengeHash: factorOf(fixture).challengeHash,
      credentialId: fixture.passkey.credentialId,
      charge: fixture.charges.ipAddress,
    }),
  answerByPasskey: ({ secondFactors }, fixture, { session }) =>
    secondFactors.signInByPasskey({
      key: factorOf(fixture).pending,
      use: useOf(fixture),
      session,
    }),
  answerTrustingByPasskey: ({ secondFactors }, fixture, { session, secretHash }) =>
    secondFactors.signInByPasskey({
      key: factorOf(fixture).pending,
      use: useOf(fixture),
      session,
      trust: { ...newTrust([factorOf(fixture).trusted.secretHash]), secretHash },
    }),
  challengeForPending: ({ passkeyChallenges }, fixture, { secretHash }) =>
    passkeyChallenges.storeForPending(
      {
        challengeHash: secretHash,
        lifetimeSeconds: 300,
        ipAddress: fixture.charges.ipAddress,
      },
      factorOf(fixture).pending,
    ),
  findPendingPassword: ({ secondFactors }, fixture) =>
    secondFactors.findPassword({
      key: factorOf(fixture).pendingByPasskey,
      charges: { account: fixture.charges.address, ipAddress: fixture.charges.ipAddress },
    }),
  answerByPassword: ({ secondFactors }, fixture, { session }) =>
    secondFactors.signInByPassword({
      key: factorOf(fixture).pendingByPasskey,
      session,
      refund: fixture.refund,
    }),
  endPending: ({ secondFactors }, fixture) => secondFactors.endPending(factorOf(fixture).pending),
  stepUp: ({ secondFactors }, { key, refund }, { secretHash }) =>
    secondFactors.reauthenticate(key, { step: 2, newSecretHash: secretHash, refund }),
  stepUpByCode: ({ secondFactors }, fixture, { secretHash }) =>
    secondFactors.reauthenticateByRecoveryCode(fixture.key, {
      codeHashes: [factorOf(fixture).codeHash],
      newSecretHash: secretHash,
      charges: { account: fixture.charges.address, ipAddress: fixture.charges.ipAddress },
    }),
  replaceCodes: ({ secondFactors }, fixture) =>
    secondFactors.replaceRecoveryCodes(actorOf(fixture), {
      generation: 1,
      recoveryCodes: newConfirmation().recoveryCodes,
    }),
  startTotp: ({ secondFactors }, fixture, { label }) =>
    secondFactors.startTotp(actorOf(fixture), factorOf(fixture).secrets[label === 'first' ? 0 : 1]),
  findEnrollment: ({ secondFactors }, fixture) => secondFactors.findEnrollment(actorOf(fixture)),
  confirmTotp: ({ secondFactors }, fixture, { secretHash, session: { secretHash: own } }) =>
    secondFactors.confirmTotp(actorOf(fixture), {
      ...newConfirmation(5),
      secret: factorOf(fixture).enrolled,
      newSecretHash: secretHash,
      undo: { secretHash: own, lifetimeSeconds: 604_800 },
    }),
  removeTotp: ({ secondFactors }, fixture, { secretHash }) =>
    secondFactors.removeTotp(actorOf(fixture), secretHash),
  undoFactor: ({ verificationTokens }, fixture) =>
    verificationTokens.undoSecondFactor(
      { userId: fixture.id, secretHash: factorOf(fixture).undo },
      { ipAddress: fixture.charges.ipAddress, usedBy: null },
    ),
  resetFactor: ({ secondFactors }, { id }) => secondFactors.reset(id),
  resetWithPasskeys: ({ secondFactors }, { id }) => secondFactors.reset(id, { passkeys: true }),
} satisfies Record<string, Operation>

/** What is done with a sign-in on which the user enrolls a second factor. */
export const requiredFactorOperations = {
  mailEnrollmentCode: ({ secondFactors }, fixture, { secretHash }) =>
    secondFactors.setEmailCode(factorOf(fixture).pending, secretHash),
  startAtSignIn: ({ secondFactors }, fixture, { label }) =>
    secondFactors.startTotpForSignIn({
      key: factorOf(fixture).pending,
      secret: factorOf(fixture).secrets[label === 'first' ? 0 : 1],
      emailCodeHashes: null,
    }),
  findAtSignIn: ({ secondFactors }, fixture) =>
    secondFactors.findEnrollmentForSignIn({ key: factorOf(fixture).pending, ipAddress: null }),
  confirmAtSignIn: ({ secondFactors }, fixture, { session }) =>
    secondFactors.confirmTotpForSignIn({
      key: factorOf(fixture).pending,
      confirmation: { ...newConfirmation(5), secret: factorOf(fixture).enrolled },
      session,
    }),
  startPasskeyAtSignIn: ({ secondFactors }, fixture, { secretHash }) =>
    secondFactors.startPasskeyForSignIn({
      key: factorOf(fixture).pending,
      challengeHash: secretHash,
      emailCodeHashes: null,
    }),
  usePasskeyAtSignIn: ({ secondFactors }, fixture) =>
    secondFactors.usePasskeyStart({
      key: factorOf(fixture).pending,
      challengeHash: factorOf(fixture).challengeHash,
      ipAddress: null,
    }),
  addPasskeyAtSignIn: ({ secondFactors }, fixture, { passkey, session }) =>
    secondFactors.addPasskeyForSignIn({ key: factorOf(fixture).pending, passkey, session }),
  requireFactor: ({ secondFactors }, { id }) => secondFactors.setRequired(id, { graceSeconds: 0 }),
  waiveFactor: ({ secondFactors }, { id }) => secondFactors.setRequired(id, null),
} satisfies Record<string, Operation>
