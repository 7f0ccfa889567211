import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import type { RepositoryProvider } from 'torii-core'
import { checkMetadata, checkName } from 'torii-core'
import { compiledUrl } from 'torii-testing'
import { test } from 'vitest'
import { awkwardTexts, metadataOfSize } from './fixtures/samples.js'
import type { ConformanceNeed } from './index.js'
import { conformance } from './index.js'

type Repository =
  | 'magicLinks'
  | 'verificationTokens'
  | 'users'
  | 'sessions'
  | 'passwords'
  | 'rateLimits'
  | 'oauthAccounts'
  | 'oauthStates'
  | 'passkeys'
  | 'passkeyChallenges'
  | 'secondFactors'
  | 'auditEvents'

/** Every method of the contract; leaving one out, or naming one that is gone, does not compile. */
const methods: { [Name in Repository]: Record<keyof RepositoryProvider[Name], true> } = {
  users: {
    register: true,
    find: true,
    findByEmail: true,
    updateProfile: true,
    update: true,
    verifyEmail: true,
    disable: true,
    enable: true,
    delete: true,
    list: true,
  },
  sessions: {
    open: true,
    derive: true,
    validate: true,
    touch: true,
    list: true,
    listPage: true,
    revoke: true,
    end: true,
    revokeOthers: true,
    revokeAll: true,
    rotate: true,
    reauthenticate: true,
    importMany: true,
    openImported: true,
    endImported: true,
  },
  passwords: {
    findForSignIn: true,
    findForUser: true,
    exists: true,
    signIn: true,
    set: true,
    change: true,
    rehash: true,
    remove: true,
  },
  magicLinks: { issue: true, find: true, findUsed: true, consume: true, consumeCode: true },
  verificationTokens: {
    issue: true,
    find: true,
    findUsed: true,
    findCounted: true,
    verifyEmail: true,
    resetPassword: true,
    issueEmailChange: true,
    changeEmail: true,
    undoSecondFactor: true,
  },
  rateLimits: {
    charge: true,
    chargeMail: true,
    refund: true,
    giveBack: true,
    unlock: true,
    status: true,
  },
  oauthAccounts: {
    signIn: true,
    link: true,
    unlink: true,
    list: true,
    findTokens: true,
    listTokens: true,
    replaceTokens: true,
    leaseRefresh: true,
  },
  oauthStates: { start: true, check: true, use: true },
  passkeys: {
    add: true,
    list: true,
    credentials: true,
    credentialsByEmail: true,
    accepted: true,
    isStored: true,
    findForSignIn: true,
    signIn: true,
    reauthenticate: true,
    rename: true,
    delete: true,
  },
  passkeyChallenges: { store: true, storeForEmail: true, storeForPending: true, consume: true },
  secondFactors: {
    find: true,
    findPending: true,
    endPending: true,
    setRequired: true,
    findEnrolling: true,
    setEmailCode: true,
    startTotpForSignIn: true,
    findEnrollmentForSignIn: true,
    confirmTotpForSignIn: true,
    startPasskeyForSignIn: true,
    usePasskeyStart: true,
    addPasskeyForSignIn: true,
    findPassword: true,
    signInByPassword: true,
    startTotp: true,
    findEnrollment: true,
    confirmTotp: true,
    removeTotp: true,
    replaceRecoveryCodes: true,
    reset: true,
    findForSignIn: true,
    signIn: true,
    useRecoveryCode: true,
    findPasskey: true,
    signInByPasskey: true,
    findForSession: true,
    reauthenticate: true,
    reauthenticateByRecoveryCode: true,
    listTrustedBrowsers: true,
    removeTrustedBrowsers: true,
    listSecrets: true,
    replaceSecret: true,
  },
  auditEvents: { record: true, list: true, count: true },
}
const needs: Record<ConformanceNeed, true> = {
  concurrency: true,
  elapse: true,
  transaction: true,
  charging: true,
}

test('every case has a name of its own that starts with its repository', () => {
  assert.equal(new Set(conformance.map(({ name }) => name)).size, conformance.length)
  for (const { name, repository } of conformance) assert.ok(name.startsWith(repository), name)
})

test('every need is one that an engine can be asked for', () => {
  for (const promise of conformance)
    for (const need of promise.needs)
      assert.ok(Object.hasOwn(needs, need), `${promise.name}: ${need}`)
})

/**
 * Methods whose arguments are all branded: a value is checked where its brand is made, so there is no wrong shape left to
 * try. The storage's own tests try undefined and null.
 */
const branded = new Set([
  ...['users.find', 'users.disable', 'users.enable', 'sessions.list', 'passwords.exists'],
  ...['rateLimits.status', 'rateLimits.unlock', 'magicLinks.find'],
  ...['oauthAccounts.list', 'oauthAccounts.findTokens', 'passkeys.list', 'passkeys.credentials'],
  ...['secondFactors.find', 'secondFactors.listTrustedBrowsers', 'sessions.endImported'],
])

test('T3.50 every method of the contract has a case, and refuses arguments of a wrong shape', () => {
  for (const [repository, names] of Object.entries(methods))
    for (const name of Object.keys(names)) {
      const method = `${repository}.${name}`
      const own = conformance.filter((promise) => promise.name.startsWith(`${method}:`))
      assert.ok(own.length >= 1, method)
      const refusesShapes = own.some((promise) => promise.name.includes('wrong shape'))
      assert.equal(refusesShapes, !branded.has(method), method)
    }
})

test('no file of the suite imports a test runner', async () => {
  const folder = compiledUrl('.', import.meta.url)
  const files = (await readdir(folder, { recursive: true })).filter((name) =>
    /^[a-z/-]+\.js$/.test(name),
  )
  assert.ok(files.length > 50)
  for (const file of files)
    for (const [, module] of (await readFile(new URL(file, folder), 'utf8')).matchAll(
      /^import .* from '([^']+)'/gm,
    ))
      assert.match(
        String(module),
        /^(\.{1,2}\/|torii-core$|node:(assert\/strict|crypto|util)$)/,
        file,
      )
})

test('the samples are what they say', () => {
  for (const text of awkwardTexts) assert.equal(checkName(text), text)
  for (const filler of ['x', '🙂', '"', 'é', 0, 1e300])
    for (const bytes of [1000, 16_383, 16_384])
      assert.equal(Buffer.byteLength(checkMetadata(metadataOfSize(bytes, filler))), bytes)
})
