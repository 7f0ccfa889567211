import type { MailboxProof } from 'torii-core'
import type { PostgresStorage } from '../../index.js'
import { actorOf, firstEpochs } from '../races/people.test.support.js'
import type { Own, Subject } from './subject.test.support.js'
import { ciphertext } from './subject.test.support.js'

/** One call of one of two callers, on the user of a round. */
export type Operation = (storage: PostgresStorage, subject: Subject, own: Own) => Promise<unknown>

const lifetimeSeconds = 600
const proofOf = ({ session, userId }: Own): MailboxProof => ({ session, newUserId: userId })
const tokenOf = ({ id, tokens }: Subject, purpose: keyof Subject['tokens']) => ({
  userId: id,
  secretHash: tokens[purpose],
})
const mailSignIn = { mailSignIn: true }

/** What is mailed, and what becomes of it. */
const entryMailOperations = {
  chargeMail: ({ rateLimits }, { charges }) => rateLimits.chargeMail(charges),
  issueLink: ({ magicLinks }, { email, charges }, { secretHash }) =>
    magicLinks.issue({ email, tokenHash: secretHash, codeHash: null, lifetimeSeconds, charges }),
  consumeLink: ({ magicLinks }, { link }, own) => magicLinks.consume(link.tokenHash, proofOf(own)),
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
  issueEmailChange: ({ verificationTokens }, subject, { secretHash }) =>
    verificationTokens.issueEmailChange({
      actor: actorOf(subject),
      email: subject.newEmail,
      secretHash,
      lifetimeSeconds,
      charges: subject.charges,
    }),
  proveMailbox: ({ verificationTokens }, subject) =>
    verificationTokens.verifyEmail(tokenOf(subject, 'verify_email'), { kind: 'nobody' }),
  proveWithPassword: ({ verificationTokens }, subject, { session }) =>
    verificationTokens.verifyEmail(tokenOf(subject, 'verify_email'), {
      kind: 'password',
      verified: subject.hash,
      session,
    }),
  resetPassword: ({ verificationTokens }, subject, { hash }) =>
    verificationTokens.resetPassword(tokenOf(subject, 'reset_password'), {
      hash,
      refund: subject.refund,
    }),
  changeEmail: ({ verificationTokens }, subject) =>
    verificationTokens.changeEmail(actorOf(subject), subject.tokens.change_email),
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
  oauthSignInByEmail: ({ oauthAccounts }, { email }, own) =>
    oauthAccounts.signIn({ ...own.identity, ...strangerTo(own), email, emailVerified: true }),
  link: ({ oauthAccounts }, subject, { identity }) =>
    oauthAccounts.link(actorOf(subject), identity),
  unlink: ({ oauthAccounts }, subject) =>
    oauthAccounts.unlink(actorOf(subject), subject.identity.newAccountId, mailSignIn),
  leaseRefresh: ({ oauthAccounts }, { id, identity }) =>
    oauthAccounts.leaseRefresh(id, identity.newAccountId, { version: 0, leaseSeconds: 60 }),
  replaceTokens: ({ oauthAccounts }, { id, identity }) =>
    oauthAccounts.replaceTokens(id, identity.newAccountId, { version: 0, tokens: ciphertext() }),
  challengeByEmail: ({ passkeyChallenges }, { email, charges }, { secretHash }) =>
    passkeyChallenges.storeForEmail(
      { challengeHash: secretHash, lifetimeSeconds, ipAddress: charges.ipAddress },
      email,
    ),
  signInByPasskey: ({ passkeys }, subject, { session }) =>
    passkeys.signIn(useOf(subject), { session, refund: subject.refund }),
  reauthenticateByPasskey: ({ passkeys }, subject, { secretHash }) =>
    passkeys.reauthenticate(useOf(subject), { key: subject.key, newSecretHash: secretHash }),
  // There is room for one more.
  addPasskey: ({ passkeys }, subject, { passkey }) =>
    passkeys.add(actorOf(subject), passkey, { max: 2 }),
  renamePasskey: ({ passkeys }, subject, { name }) =>
    passkeys.rename(actorOf(subject), subject.passkey.id, name),
  deletePasskey: ({ passkeys }, subject) =>
    passkeys.delete(actorOf(subject), subject.passkey.id, mailSignIn),
} satisfies Record<string, Operation>

const strangerTo = ({ userId, identity, session }: Own) => ({
  newUserId: userId,
  newAccountId: identity.newAccountId,
  name: null,
  picture: null,
  session,
})

const useOf = ({ id, passkey }: Subject) => ({
  credentialId: passkey.credentialId,
  userId: id,
  signCount: passkey.signCount + 1,
  backedUp: false,
  epochs: firstEpochs,
})

export const entryRowOperations = { ...entryMailOperations, ...entryCredentialOperations }
