import type { MailboxProof } from 'torii-core'
import type { PostgresStorage } from '../../index.js'
import { actorOf, firstEpochs } from '../races/people.test.support.js'
import type { CallerInput, Fixture } from './fixture.test.support.js'
import { freshCiphertext, newCallerInput } from './fixture.test.support.js'

/** One call of one of two callers, on the user of a round. */
export type Operation = (
  storage: PostgresStorage,
  fixture: Fixture,
  own: CallerInput,
) => Promise<unknown>

const lifetimeSeconds = 600
const proofOf = ({ session, userId }: CallerInput): MailboxProof => ({ session, newUserId: userId })
const tokenOf = ({ id, tokens }: Fixture, purpose: keyof Fixture['tokens']) => ({
  userId: id,
  secretHash: tokens[purpose],
})
const mailSignIn = { mailSignIn: true }

/** What is mailed, and what becomes of it. */
const entryMailOperations = {
  chargeMail: ({ rateLimits }, { charges }) => rateLimits.chargeMail(charges),
  issueLink: ({ magicLinks }, { email, charges }, { secretHash }) =>
    magicLinks.issue({ email, tokenHash: secretHash, codeHash: null, lifetimeSeconds, charges }),
  consumeLink: ({ magicLinks }, { link, charges: { ipAddress } }, own) =>
    magicLinks.consume(link.tokenHash, { ...proofOf(own), ipAddress }),
  consumeCode: ({ magicLinks }, { email, link, refund }, own) =>
    magicLinks.consumeCode({ email, codeHashes: [link.codeHash], refund }, proofOf(own)),
  tryCode: ({ magicLinks }, { email }, own) =>
    magicLinks.consumeCode({ email, codeHashes: [own.secretHash] }, proofOf(own)),
  issueVerification: ({ verificationTokens }, { email, charges }, { secretHash }) =>
    verificationTokens.issue({
      purpose: 'verify_email',
      email,
      secretHash,
      lifetimeSeconds,
      charges,
    }),
  issueReset: ({ verificationTokens }, { email, charges }, { secretHash }) =>
    verificationTokens.issue({
      purpose: 'reset_password',
      email,
      secretHash,
      lifetimeSeconds,
      charges,
    }),
  issueEmailChange: ({ verificationTokens }, fixture, { secretHash }) =>
    verificationTokens.issueEmailChange({
      actor: actorOf(fixture),
      email: fixture.newEmail,
      secretHash,
      lifetimeSeconds,
      charges: fixture.charges,
    }),
  proveMailbox: ({ verificationTokens }, fixture) =>
    verificationTokens.verifyEmail(
      tokenOf(fixture, 'verify_email'),
      { kind: 'mailbox_only' },
      fixture.charges.ipAddress,
    ),
  proveWithPassword: ({ verificationTokens }, fixture, { session }) =>
    verificationTokens.verifyEmail(tokenOf(fixture, 'verify_email'), {
      kind: 'password',
      verified: fixture.hash,
      session,
    }),
  resetPassword: ({ verificationTokens }, fixture, { hash }) =>
    verificationTokens.resetPassword(tokenOf(fixture, 'reset_password'), {
      hash,
      refund: fixture.refund,
    }),
  changeEmail: ({ verificationTokens }, fixture) =>
    verificationTokens.changeEmail(actorOf(fixture), fixture.tokens.change_email),
  registerByMail: ({ users }, { email }, { userId, secretHash, hash }) =>
    users.register({
      id: userId,
      email: email.toUpperCase(),
      passwordHash: hash,
      verification: { secretHash, lifetimeSeconds },
    }),
} satisfies Record<string, Operation>

/** Accounts at providers, and passkeys. */
const entryCredentialOperations = {
  oauthSignIn: ({ oauthAccounts }, { identity }, own) =>
    oauthAccounts.signIn({ ...identity, ...strangerTo(own), email: null, emailVerified: false }),
  // The first of them is sent alone, so the subject's sign-in shares a statement with the last.
  oauthSignInInCompany: async ({ oauthAccounts }, { identity }, own) => {
    const signIn = (who: CallerInput['identity'], caller: CallerInput) =>
      oauthAccounts.signIn({ ...who, ...strangerTo(caller), email: null, emailVerified: false })
    const [before, after] = [newCallerInput('before'), newCallerInput('after')]
    const [, outcome] = await Promise.all([
      signIn(before.identity, before),
      signIn(identity, own),
      signIn(after.identity, after),
    ])
    return outcome
  },
  oauthSignInByEmail: ({ oauthAccounts }, { email }, own) =>
    oauthAccounts.signIn({ ...own.identity, ...strangerTo(own), email, emailVerified: true }),
  link: ({ oauthAccounts }, fixture, own) =>
    oauthAccounts.link(actorOf(fixture), { ...own.identity, state: stateOf(own) }),
  unlink: ({ oauthAccounts }, fixture) =>
    oauthAccounts.unlink(actorOf(fixture), fixture.identity.newAccountId, mailSignIn),
  leaseRefresh: ({ oauthAccounts }, { id, identity }) =>
    oauthAccounts.leaseRefresh(id, identity.newAccountId, { version: 0, leaseSeconds: 60 }),
  replaceTokens: ({ oauthAccounts }, { id, identity }) =>
    oauthAccounts.replaceTokens(id, identity.newAccountId, {
      version: 0,
      tokens: freshCiphertext(),
    }),
  challengeByEmail: ({ passkeyChallenges }, { email, charges }, { secretHash }) =>
    passkeyChallenges.storeForEmail(
      { challengeHash: secretHash, lifetimeSeconds, ipAddress: charges.ipAddress },
      email,
    ),
  signInByPasskey: ({ passkeys }, fixture, { session }) =>
    passkeys.signIn(useOf(fixture), { session, refund: fixture.refund }),
  reauthenticateByPasskey: ({ passkeys }, fixture, { secretHash }) =>
    passkeys.reauthenticate(useOf(fixture), { key: fixture.key, newSecretHash: secretHash }),
  // There is room for one more.
  addPasskey: ({ passkeys }, fixture, { passkey }) =>
    passkeys.add(actorOf(fixture), passkey, { max: 2 }),
  renamePasskey: ({ passkeys }, fixture, { name }) =>
    passkeys.rename(countedActorOf(fixture), fixture.passkey.id, name),
  deletePasskey: ({ passkeys }, fixture) =>
    passkeys.delete(actorOf(fixture), fixture.passkey.id, mailSignIn),
} satisfies Record<string, Operation>

/** The acting session, whose counter is locked before anything else. */
export const countedActorOf = (fixture: Fixture) => ({
  ...actorOf(fixture),
  charge: fixture.sessionCharge,
})

const strangerTo = (own: CallerInput) => ({
  newUserId: own.userId,
  newAccountId: own.identity.newAccountId,
  name: null,
  picture: null,
  session: own.session,
  state: stateOf(own),
})

/** The state of the caller's own flow, which ends long after the test. */
const stateOf = ({ secretHash }: CallerInput) => ({
  hash: secretHash,
  expiresAt: new Date(Date.now() + 3_600_000),
  globalEpoch: 0,
})

/** A use of the passkey of the fixture. */
export const useOf = ({ id, passkey }: Fixture) => ({
  credentialId: passkey.credentialId,
  userId: id,
  signCount: passkey.signCount + 1,
  backedUp: false,
  epochs: firstEpochs,
})

export const entryRowOperations = { ...entryMailOperations, ...entryCredentialOperations }
