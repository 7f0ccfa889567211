import type {
  MailboxHolder,
  MailCharges,
  SessionActor,
  SessionKey,
  VerificationKey,
} from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import {
  codeOf,
  newEmailChange,
  newForm,
  newMagicLink,
  newProof,
  newVerification,
} from '../fixtures/mail.js'
import {
  freshEmail,
  freshPasswordHash,
  freshSecretHash,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'
import type { BadArgument, Call } from './bad-arguments.js'
import { inActor, inCharges, inRefund, inSession, one } from './bad-arguments.js'
import { inIpAddress, inOptionalCharge } from './bad-arguments-credentials.js'
import { badEmails, badNumbers, notObjects, unsafe } from './bad-values.js'

const badPurposes: readonly unknown[] = [
  '',
  'verify',
  'VERIFY_EMAIL',
  'verify_email\0',
  'x'.repeat(1 << 20),
  '\ud800',
  null,
  undefined,
  7,
  {},
  ['verify_email'],
  new String('verify_email'),
]

/** Values that are no list of 1 to `max` hashes. */
const badLists = (max: number): unknown[] => [
  ...notObjects,
  [],
  { length: 1, 0: freshSecretHash() },
  freshSecretHash(),
  Array.from({ length: max + 1 }, freshSecretHash),
]

/** Members of the charges of a mail: as of an attempt, but the address is always counted. */
export const inMailCharges = (
  method: string,
  call: (storage: ConformanceStorage, charges: MailCharges) => Promise<unknown>,
): BadArgument[] => [
  one(method, null, [null, undefined], (storage, address) =>
    call(storage, { address: unsafe(address), ipAddress: null }),
  ),
  ...inCharges(method, (storage, charges) =>
    call(
      storage,
      typeof charges === 'object' && charges !== null && 'account' in charges
        ? { address: unsafe(charges.account), ipAddress: charges.ipAddress }
        : unsafe(charges),
    ),
  ),
]

/** Bad charges of an issue, of which null is a good value: no one is charged. */
const given = (charges: MailCharges | null): MailCharges => charges ?? unsafe('null')

/** A session that must be given. */
const inGivenSession: typeof inSession = (method, call) => [
  ...inSession(method, call),
  one(method, null, [null, undefined], (storage, session) => call(storage, unsafe(session))),
]

const inProof = (
  method: string,
  call: (storage: ConformanceStorage, proof: ReturnType<typeof newProof>) => Promise<unknown>,
): BadArgument[] => [
  one(method, null, notObjects, (storage, proof) => call(storage, unsafe(proof))),
  ...inGivenSession(method, (storage, session) => call(storage, newProof({ session }))),
]

const wholeLink: Call = ({ magicLinks }, link) => magicLinks.issue(unsafe(link))
const code = () => codeOf({ email: freshEmail(), codeHash: freshSecretHash() })

/** Every argument of the methods for links. */
export const badMagicLinkCalls: readonly BadArgument[] = [
  one('magicLinks.issue', null, notObjects, wholeLink),
  one('magicLinks.issue', 'email', badEmails(), (storage, email) =>
    wholeLink(storage, { ...newMagicLink(), email }),
  ),
  one('magicLinks.issue', 'lifetimeSeconds', [...badNumbers(), 0], (storage, lifetimeSeconds) =>
    wholeLink(storage, { ...newMagicLink(), lifetimeSeconds }),
  ),
  ...inMailCharges('magicLinks.issue', ({ magicLinks }, charges) =>
    magicLinks.issue(newMagicLink({ charges: given(charges) })),
  ),
  one('magicLinks.findUsed', null, notObjects, ({ magicLinks }, form) =>
    magicLinks.findUsed(freshSecretHash(), unsafe(form)),
  ),
  ...inProof('magicLinks.consume', ({ magicLinks }, proof) =>
    magicLinks.consume(freshSecretHash(), proof),
  ),
  ...inOptionalCharge('magicLinks.consume', ({ magicLinks }, ipAddress) =>
    magicLinks.consume(freshSecretHash(), newProof({ ipAddress: unsafe(ipAddress) })),
  ),
  one('magicLinks.consumeCode', null, notObjects, ({ magicLinks }, input) =>
    magicLinks.consumeCode(unsafe(input), newProof()),
  ),
  one('magicLinks.consumeCode', 'email', badEmails(), ({ magicLinks }, email) =>
    magicLinks.consumeCode({ ...code(), email: unsafe(email) }, newProof()),
  ),
  one('magicLinks.consumeCode', 'codeHashes', badLists(16), ({ magicLinks }, codeHashes) =>
    magicLinks.consumeCode({ ...code(), codeHashes: unsafe(codeHashes) }, newProof()),
  ),
  ...inRefund('magicLinks.consumeCode', ({ magicLinks }, refund) =>
    magicLinks.consumeCode({ ...code(), refund }, newProof()),
  ),
  ...inProof('magicLinks.consumeCode', ({ magicLinks }, proof) =>
    magicLinks.consumeCode(code(), proof),
  ),
]

/** Members of a token's key, for the methods that take one. */
const inTokenKey = (
  method: string,
  call: (storage: ConformanceStorage, key: VerificationKey) => Promise<unknown>,
): BadArgument[] => [one(method, null, notObjects, (storage, key) => call(storage, unsafe(key)))]

const verify = ({ verificationTokens }: ConformanceStorage, holder: MailboxHolder) =>
  verificationTokens.verifyEmail(someKey(), holder)
const wholeToken: Call = ({ verificationTokens }, token) => verificationTokens.issue(unsafe(token))
const wholeChange: Call = ({ verificationTokens }, change) =>
  verificationTokens.issueEmailChange(unsafe(change))
const reset = () => ({ hash: freshPasswordHash() })

/** Every argument of the methods for mailed tokens. */
export const badVerificationCalls: readonly BadArgument[] = [
  one('verificationTokens.issue', null, notObjects, wholeToken),
  one('verificationTokens.issue', 'purpose', [...badPurposes, 'change_email'], (storage, purpose) =>
    wholeToken(storage, { ...newVerification(freshEmail()), purpose }),
  ),
  one('verificationTokens.issue', 'email', badEmails(), (storage, email) =>
    wholeToken(storage, { ...newVerification(freshEmail()), email }),
  ),
  one('verificationTokens.issue', 'lifetimeSeconds', [...badNumbers(), 0], (storage, seconds) =>
    wholeToken(storage, { ...newVerification(freshEmail()), lifetimeSeconds: seconds }),
  ),
  ...inMailCharges('verificationTokens.issue', ({ verificationTokens }, charges) =>
    verificationTokens.issue(newVerification(freshEmail(), { charges: given(charges) })),
  ),
  one('verificationTokens.find', 'purpose', badPurposes, ({ verificationTokens }, purpose) =>
    verificationTokens.find(unsafe(purpose), someKey()),
  ),
  ...inTokenKey('verificationTokens.find', ({ verificationTokens }, key) =>
    verificationTokens.find('verify_email', key),
  ),
  one('verificationTokens.findUsed', 'purpose', badPurposes, (storage, purpose) =>
    storage.verificationTokens.findUsed(unsafe(purpose), someKey(), newForm()),
  ),
  one('verificationTokens.findUsed', null, notObjects, ({ verificationTokens }, form) =>
    verificationTokens.findUsed('verify_email', someKey(), unsafe(form)),
  ),
  ...inTokenKey('verificationTokens.findUsed', ({ verificationTokens }, key) =>
    verificationTokens.findUsed('verify_email', key, newForm()),
  ),
  one('verificationTokens.findCounted', 'purpose', badPurposes, (storage, purpose) =>
    storage.verificationTokens.findCounted(unsafe(purpose), someKey(), null),
  ),
  ...inTokenKey('verificationTokens.findCounted', ({ verificationTokens }, key) =>
    verificationTokens.findCounted('verify_email', key, null),
  ),
  ...inCharges('verificationTokens.findCounted', ({ verificationTokens }, charges) =>
    verificationTokens.findCounted('verify_email', someKey(), charges ?? unsafe('null')),
  ),
  ...inOptionalCharge('verificationTokens.verifyEmail', ({ verificationTokens }, ipAddress) =>
    verificationTokens.verifyEmail(someKey(), { kind: 'mailbox_only' }, unsafe(ipAddress)),
  ),
  ...inTokenKey('verificationTokens.verifyEmail', ({ verificationTokens }, key) =>
    verificationTokens.verifyEmail(key, { kind: 'mailbox_only' }),
  ),
  one('verificationTokens.verifyEmail', null, notObjects, (storage, holder) =>
    verify(storage, unsafe(holder)),
  ),
  one('verificationTokens.verifyEmail', 'kind', badPurposes, (storage, kind) =>
    verify(storage, unsafe({ kind })),
  ),
  ...inGivenSession('verificationTokens.verifyEmail', (storage, session) =>
    verify(storage, { kind: 'password', verified: freshPasswordHash(), session }),
  ),
  ...inGivenSession('verificationTokens.verifyEmail', (storage, session) =>
    verify(storage, { kind: 'new_password', passwordHash: freshPasswordHash(), session }),
  ),
  ...inActor('verificationTokens.verifyEmail', (storage, actor) =>
    verify(storage, { kind: 'session', actor }),
  ),
  ...inTokenKey('verificationTokens.resetPassword', ({ verificationTokens }, key) =>
    verificationTokens.resetPassword(key, reset()),
  ),
  one('verificationTokens.resetPassword', null, notObjects, ({ verificationTokens }, value) =>
    verificationTokens.resetPassword(someKey(), unsafe(value)),
  ),
  ...inRefund('verificationTokens.resetPassword', ({ verificationTokens }, refund) =>
    verificationTokens.resetPassword(someKey(), { ...reset(), refund }),
  ),
  ...inTokenKey('verificationTokens.undoSecondFactor', ({ verificationTokens }, key) =>
    verificationTokens.undoSecondFactor(key, { ipAddress: null, usedBy: null }),
  ),
  one('verificationTokens.undoSecondFactor', null, notObjects, ({ verificationTokens }, value) =>
    verificationTokens.undoSecondFactor(someKey(), unsafe(value)),
  ),
  ...inIpAddress('verificationTokens.undoSecondFactor', ({ verificationTokens }, ipAddress) =>
    verificationTokens.undoSecondFactor(someKey(), { ipAddress: unsafe(ipAddress), usedBy: null }),
  ),
  one('verificationTokens.issueEmailChange', null, notObjects, wholeChange),
  ...inActor('verificationTokens.issueEmailChange', (storage, actor) =>
    wholeChange(storage, newEmailChange(actor)),
  ),
  one('verificationTokens.issueEmailChange', 'email', badEmails(), (storage, email) =>
    wholeChange(storage, { ...newEmailChange(someActor()), email }),
  ),
  one(
    'verificationTokens.issueEmailChange',
    'lifetimeSeconds',
    [...badNumbers(), 0],
    (storage, lifetimeSeconds) =>
      wholeChange(storage, { ...newEmailChange(someActor()), lifetimeSeconds }),
  ),
  ...inMailCharges('verificationTokens.issueEmailChange', (storage, charges) =>
    wholeChange(storage, { ...newEmailChange(someActor()), charges: given(charges) }),
  ),
  ...inActor('verificationTokens.changeEmail', ({ verificationTokens }, actor) =>
    verificationTokens.changeEmail(actor, freshSecretHash()),
  ),
]

const someKey = (): Pick<SessionKey, 'userId' | 'secretHash'> => ({
  userId: unknownUserId(),
  secretHash: freshSecretHash(),
})
const someActor = (): SessionActor => ({
  userId: unknownUserId(),
  sessionId: unknownSessionId(),
  epochs: { session: 0, owner: 0 },
})
