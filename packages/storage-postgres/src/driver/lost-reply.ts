import { ToriiError } from 'torii-core'
import { backOff } from '../base/deadline.js'

/**
 * What the library does when the connection dies before the answer of a statement that writes.
 * - `repeat`: sends it again; `after` says what the answer is where the first one had been committed.
 * - `look`: reads by an id or a hash of our own, which only this very write can have stored: found means
 *   committed; not found, it is sent again with the same values, so it cannot happen twice. `after` names
 *   what is looked for.
 * - `tell`: neither is safe: the caller gets ERR_OUTCOME_UNKNOWN.
 */
export interface LostAnswer {
  readonly operation: 'repeat' | 'look' | 'tell'
  readonly after: string
}

const repeat = (after: string): LostAnswer => ({ operation: 'repeat', after })
const look = (after: string): LostAnswer => ({ operation: 'look', after })
const tell = (after: string): LostAnswer => ({ operation: 'tell', after })

const twice = 'counted a second time, which errs to the safe side'
const sameState = 'the same state and the same answer'
const startAgain = 'used up, so it answers that there is none: the flow is started again'
const within = 'part of a transaction, which is looked for as a whole'

/** Every statement that writes, by its name. The tests cut the connection at each of them. */
export const lostAnswers: Readonly<Record<string, LostAnswer>> = {
  'users.register': look('the id of the user'),
  'users.updateProfile': repeat(sameState),
  'users.verifyEmail': repeat(sameState),
  'users.disable': repeat(`${sameState}; the epoch goes up once more, which ends nothing else`),
  'users.enable': repeat(sameState),
  'users.delete': repeat('false: there is no such user any more'),
  'sessions.open': look('the id and the secret of the session'),
  'sessions.openMany': look('the id and the secret of each session'),
  'sessions.derive': look('the id and the secret of the session'),
  'sessions.touch': repeat('null: nothing is due any more'),
  'sessions.revoke': repeat('false: it is not live any more'),
  'sessions.end': repeat('false: it is not live any more'),
  'sessions.revokeOthers': look(
    'the asking session, carried along to the next epoch; the count is then 0',
  ),
  'sessions.revokeAll': repeat(
    'the count of what was still live, so 0; the epoch goes up once more',
  ),
  'sessions.rotate': look('the session with its new secret'),
  'sessions.reauthenticate': look(
    'the session with its new secret; where the secret is kept, it is sent again without giving the attempt back twice',
  ),
  'passwords.findForSignIn': repeat(twice),
  'passwords.findForUser': repeat(twice),
  'passwords.signIn': look('the id and the secret of the session'),
  'passwords.set': look('the new hash'),
  'passwords.change': look('the new hash; the count of ended sessions is then 0'),
  'passwords.rehash': look('the new hash'),
  'passwords.remove': look(
    'the asking session, carried along to the next epoch, and no password; the count is then 0',
  ),
  'rate_limits.charge': repeat(twice),
  'rate_limits.chargeMail': repeat(twice),
  'rate_limits.refund': tell('a second refund would give back what somebody else was charged'),
  'rate_limits.unlock': repeat('false: it is not locked any more'),
  'oauth_accounts.signInKnown': look('the id and the secret of the session'),
  'oauth_accounts.signInNew': look('the id and the secret of the session'),
  'oauth_accounts.deleteDead': repeat(sameState),
  'oauth_accounts.link': look('the id of the linked account'),
  'oauth_accounts.unlink': repeat('not_found: it is not linked any more'),
  'oauth_accounts.replaceTokens': look('the next version with the same ciphertext'),
  'oauth_accounts.leaseRefresh': repeat(
    'false: the lease is taken, by nobody who knows it, and ends by itself',
  ),
  'oauth_states.store': look('the hash of the state'),
  'oauth_states.consume': repeat(startAgain),
  'passkey_challenges.store': look('the hash of the challenge'),
  'passkey_challenges.storeForEmail': look('the hash of the challenge'),
  'passkey_challenges.consume': repeat(startAgain),
  'passkeys.deleteDead': look(within),
  'passkeys.lockAsking': look(within),
  'passkeys.add': look('the id of the passkey'),
  'passkeys.findForSignIn': repeat(startAgain),
  'passkeys.signIn': look('the id and the secret of the session'),
  'passkeys.reauthenticate': look(
    'the session with its new secret (where the secret is kept, with the count of this use; a passkey without a count is used again, without giving the attempt back twice)',
  ),
  'passkeys.rename': repeat(sameState),
  'passkeys.delete': repeat('not_found: it is not there any more'),
  'magic_links.issue': repeat(
    `${twice}; the link is the same, but where the allowance was spent nothing is sent`,
  ),
  'magic_links.consume': look(
    'the id and the secret of the session; without them the link is sent again, and used up means ask for a new one',
  ),
  'magic_links.consumeCode': look(
    'the id and the secret of the session; without them the code is tried again',
  ),
  'verification_tokens.issue': repeat(
    `${twice}; the token is the same, but where the allowance was spent nothing is sent`,
  ),
  'verification_tokens.issueEmailChange': repeat(
    `${twice}; the token is the same, but where the allowance was spent nothing is sent`,
  ),
  'verification_tokens.verifyEmail': look(
    'the id and the secret of the session; where none is opened it is sent again, and used up means ask for a new one',
  ),
  'verification_tokens.resetPassword': look('the new hash; the count of ended sessions is then 0'),
  'verification_tokens.changeEmail': look(
    'the token, marked as used; the count of ended sessions is then 0',
  ),
  'audit_events.record': repeat('the same events, kept once'),
  'sweep.raiseEpochs': repeat('the same users; their epochs go up once more'),
}

/** Sweeping names its statements after tables: what is gone is gone, and only the count is smaller. */
const swept = repeat('the count of what was still there')

/** What is done for a statement that writes. */
export const lostAnswerOf = (name: string): LostAnswer =>
  lostAnswers[name] ?? (name.startsWith('sweep.') ? swept : tell('not known'))

/** Milliseconds after a lost answer in which the server is asked again what became of the write. */
const settlingMs = 10_000
/** Rounds in them at most: some three seconds where the server refuses at once. */
const maxRounds = 7

/** A write that is sent again where that is safe; `again` is true for every time but the first. */
export type Write<Result> = (again: boolean) => Promise<Result>

/**
 * Runs a write. When its answer is lost, `reread` tells whether it was committed: what it finds is the
 * answer, null means that the write is sent again. A repetition can meet the first one, which the server
 * may still be working on, and is then refused: so `reread` has the last word on every refusal.
 * @throws OutcomeUnknownError when the server does not come back in time
 */
export async function settle<Result>(
  write: Write<Result>,
  reread: () => Promise<Result | null>,
): Promise<Result> {
  let doubt: unknown
  try {
    return await write(false)
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error
    doubt = error
  }
  const started = performance.now()
  for (let round = 1; round <= maxRounds && performance.now() - started < settlingMs; round += 1) {
    await backOff(round)
    try {
      const found = await reread()
      if (found !== null) return found
      const answer = await write(true)
      return isRefusal(answer) ? ((await reread()) ?? answer) : answer
    } catch {
      // Not to be told yet: the server is still away, or the first one has just been committed.
    }
  }
  throw doubt
}

/** For a write that needs no receipt. */
export const nothingToRead = async (): Promise<null> => null

const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof ToriiError && error.code === 'ERR_OUTCOME_UNKNOWN'

const isRefusal = (answer: unknown): boolean =>
  answer === null ||
  answer === false ||
  (typeof answer === 'object' && Reflect.get(answer, 'ok') === false)
