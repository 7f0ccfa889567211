import type { NewSession } from 'torii-core'
import type { PostgresStorage } from '../../index.js'
import { entryRowOperations } from '../interleaving/entry-row-operations.test.support.js'
import type { CallerInput, Fixture, Kind } from '../interleaving/fixture.test.support.js'
import { actorOf, firstEpochs } from './people.test.support.js'

/** A way to a session, with one factor. */
export interface Way {
  /** The statement that inserts the session. */
  readonly statement: string
  readonly kind: Kind
  /** Asks for the session of `own`, with what was known before an enrollment. */
  enter(storage: PostgresStorage, fixture: Fixture, own: CallerInput): Promise<unknown>
}

const levelOne = (session: NewSession): NewSession => ({ ...session, level: 1 })

/**
 * Every way that the contract has to a session of a user who exists. `users.register` makes the user, who has no second
 * factor; `second_factors.*` prove one; `openMany` is what several `open` at once send.
 */
export const ways: Readonly<Record<string, Way>> = {
  'sessions.open': {
    statement: 'sessions.open',
    kind: 'usual',
    enter: ({ sessions }, { id }, { session }) => sessions.open(id, levelOne(session)),
  },
  'sessions.derive': {
    statement: 'sessions.derive',
    kind: 'usual',
    enter: ({ sessions }, fixture, { session }) => sessions.derive(actorOf(fixture), session),
  },
  'sessions.openImported': {
    statement: 'sessions.openImported',
    kind: 'usual',
    enter: ({ sessions }, { link }, { session }) => sessions.openImported(link.tokenHash, session),
  },
  'passwords.signIn': {
    statement: 'passwords.signIn',
    kind: 'usual',
    enter: ({ passwords }, { id, hash, refund }, { session }) =>
      passwords.signIn({
        credential: { userId: id, hash, epochs: firstEpochs },
        session,
        refund,
      }),
  },
  'magicLinks.consume': {
    statement: 'magic_links.consume',
    kind: 'usual',
    enter: entryRowOperations.consumeLink,
  },
  'magicLinks.consumeCode': {
    statement: 'magic_links.consumeCode',
    kind: 'usual',
    enter: entryRowOperations.consumeCode,
  },
  'oauthAccounts.signIn by a linked identity': {
    statement: 'oauth_accounts.signInKnown',
    kind: 'usual',
    enter: entryRowOperations.oauthSignIn,
  },
  'oauthAccounts.signIn by a trusted email': {
    statement: 'oauth_accounts.signInNew',
    kind: 'usual',
    enter: entryRowOperations.oauthSignInByEmail,
  },
  'passkeys.signIn': {
    statement: 'passkeys.signIn',
    kind: 'usual',
    enter: entryRowOperations.signInByPasskey,
  },
  'verificationTokens.verifyEmail with the password': {
    statement: 'verification_tokens.verifyEmail',
    kind: 'unverified',
    enter: entryRowOperations.proveWithPassword,
  },
}

/** The statements that insert sessions and are no way of one factor, with the reason. */
export const otherInserts: Readonly<Record<string, string>> = {
  'users.register': 'makes the user, who has no second factor, in the same statement',
  'sessions.openMany': 'is sent where sessions.open is called several times at once',
  'oauth_accounts.signInKnownMany': 'the same of sign-ins by linked identities',
  'oauth_accounts.signInNewMany': 'the same of new users, who have no second factor',
  'second_factors.signIn': 'proves the second factor in the same statement',
  'second_factors.signInByPasskey': 'proves the second factor in the same statement',
  'second_factors.signInByPassword': 'proves the second factor in the same statement',
  'second_factors.addPasskeyForSignIn': 'makes the second factor in the same statement',
  'second_factors.useRecoveryCode': 'proves the second factor in the same statement',
  'second_factors.confirmTotpForSignIn': 'makes the second factor in the same statement',
}
