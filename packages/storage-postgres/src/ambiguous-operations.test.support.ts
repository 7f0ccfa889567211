import { randomBytes, randomUUID } from 'node:crypto'
import type {
  AttemptKey,
  Ciphertext,
  NewPasskey,
  NewSession,
  OAuthSignIn,
  TokenHash,
  UserId,
} from 'torii-core'
import { newOAuthAccountId, newPasskeyId, newUserId } from 'torii-core'
import type { PostgresStorage } from './index.js'
import type { Person } from './people.test.support.js'
import {
  askingOf,
  firstEpochs,
  freshAttemptKey,
  freshEmail,
  freshPasswordHash,
  freshSecretHash,
  newSession,
  signUp,
  widePolicy,
} from './people.test.support.js'

/** What the tests look at and prepare with, beside the storage whose connection is cut. */
export interface World {
  /** Over a connection that nobody cuts. */
  readonly aside: PostgresStorage
  /** Reads one value. */
  value(text: string, values: unknown[]): Promise<unknown>
}

/** One call, and what there is to see of its effect. */
export interface Call {
  act(storage: PostgresStorage): Promise<unknown>
  /** The effect; equal values are equal effects. */
  effect(): Promise<unknown>
}

/** A writing operation whose connection is cut. */
export interface Operation {
  /** The statement at which it is cut, by its name (or a text of its own). */
  readonly statement: string
  /** What the call answers where the first statement was committed: a word, `done` for success. */
  readonly after: string
  /** The effect of one call that nothing disturbed. */
  readonly once: unknown
  /** The effect where the first statement was committed, when that may differ. */
  readonly twice?: unknown
  prepare(world: World): Promise<Call>
}

const charge = (key: AttemptKey) => ({ key, policy: widePolicy })
const charges = (key: AttemptKey) => ({ account: charge(key), network: null })
const mailCharges = (key: AttemptKey) => ({ address: charge(key), network: null })
const total = ({ value }: World, key: AttemptKey) =>
  value('select total from torii.login_attempts where key = $1', [key])
const liveSessions = async ({ aside }: World, id: UserId) => (await aside.sessions.list(id)).length
const count = ({ value }: World, text: string, values: unknown[]) =>
  value(`select count(*)::int from ${text}`, values)

/** Someone with attempts to give back: three of the account, five of the network. */
async function personWithAttempts(world: World, given: Parameters<typeof signUp>[1] = {}) {
  const person = await signUp(world.aside, given)
  const refund = { account: freshAttemptKey(), network: freshAttemptKey() }
  for (let n = 0; n < 5; n += 1)
    await world.aside.loginAttempts.charge({
      account: n < 3 ? charge(refund.account) : null,
      network: charge(refund.network),
    })
  const attempts = async () => [
    await total(world, refund.account),
    await total(world, refund.network),
  ]
  return { ...person, refund, attempts }
}

const givenBack = [undefined, 4]

async function withOther(world: World) {
  const person = await signUp(world.aside)
  const other = newSession()
  await world.aside.sessions.open(person.id, other)
  return { ...person, other }
}

async function storedLink(world: World, email: string, charged: AttemptKey = freshAttemptKey()) {
  const [tokenHash, codeHash] = [freshSecretHash(), freshSecretHash()]
  const link = { email, tokenHash, codeHash, lifetimeSeconds: 600, charges: mailCharges(charged) }
  await world.aside.magicLinks.issue(link)
  return link
}

async function storedToken(
  world: World,
  { id, email }: Person,
  purpose: 'verify_email' | 'reset_password',
) {
  const secretHash = freshSecretHash()
  const wanted = {
    purpose,
    email,
    secretHash,
    lifetimeSeconds: 600,
    charges: mailCharges(freshAttemptKey()),
  }
  await world.aside.verificationTokens.issue(wanted)
  return { userId: id, secretHash }
}

const newPasskey = (): NewPasskey => ({
  id: newPasskeyId(),
  credentialId: new Uint8Array(randomBytes(32)),
  publicKey: new Uint8Array(randomBytes(77)),
  signCount: 1,
  userHandle: new Uint8Array(randomBytes(64)),
  userVerified: true,
  backupEligible: false,
  backedUp: false,
  aaguid: randomUUID(),
  transports: ['internal'],
  name: 'Key',
})

async function withPasskey(world: World) {
  const person = await personWithAttempts(world)
  const made = newPasskey()
  await world.aside.passkeys.add(askingOf(person), made, { max: 10 })
  const use = {
    credentialId: made.credentialId,
    userId: person.id,
    signCount: 7,
    backedUp: false,
    epochs: firstEpochs,
  }
  const counter = () =>
    world.value('select sign_count::int from torii.passkeys where credential_id = $1', [
      made.credentialId,
    ])
  return { ...person, made, use, counter }
}

const freshTokens = () => new Uint8Array(randomBytes(64)) as Ciphertext

const somebody = (given: Partial<OAuthSignIn> = {}): OAuthSignIn => ({
  provider: 'google',
  subject: randomBytes(8).toString('hex'),
  label: null,
  tokens: freshTokens(),
  email: freshEmail(),
  emailVerified: true,
  newUserId: newUserId(),
  newAccountId: newOAuthAccountId(),
  name: null,
  picture: null,
  session: newSession(),
  ...given,
})

async function withAccount(world: World) {
  const person = await signUp(world.aside)
  const identity = somebody()
  await world.aside.oauthAccounts.link(askingOf(person), identity)
  return { ...person, identity, accountId: identity.newAccountId }
}

const rowOf = ({ value }: World, id: UserId, columns: string) =>
  value(`select json_build_array(${columns}) from torii.users where id = $1`, [id])

/** How a session stands: how many of the user, and whether this one opens. */
const opened = async (
  world: World,
  id: UserId,
  { id: sessionId, secretHash }: NewSession | { id: NewSession['id']; secretHash: TokenHash },
) => [
  await liveSessions(world, id),
  (await world.aside.sessions.validate(
    { userId: id, id: sessionId, secretHash },
    { touchSeconds: 60 },
  )) !== null,
]

type Preparation = (world: World) => Promise<Call>
const operation = (
  statement: string,
  after: string,
  once: unknown,
  prepare: Preparation,
  twice?: unknown,
): Operation => ({
  statement,
  after,
  once,
  prepare,
  ...(twice === undefined ? {} : { twice }),
})

const userOperations = [
  operation('users.register', 'done', [1, true], async (world) => {
    const [id, session] = [newUserId(), newSession()]
    const user = { id, email: freshEmail(), passwordHash: freshPasswordHash(), session }
    return { act: ({ users }) => users.register(user), effect: () => opened(world, id, session) }
  }),
  operation('users.updateProfile', 'done', ['New'], async (world) => {
    const { id } = await signUp(world.aside)
    return {
      act: ({ users }) => users.updateProfile(id, { name: 'New' }),
      effect: () => rowOf(world, id, 'name'),
    }
  }),
  operation('users.verifyEmail', 'done', [true], async (world) => {
    const { id, email } = await signUp(world.aside, { emailVerified: false })
    return {
      act: ({ users }) => users.verifyEmail(id, email),
      effect: () => rowOf(world, id, 'email_verified_at is not null'),
    }
  }),
  operation('users.disable', 'done', [true, 0], async (world) => {
    const { id } = await signUp(world.aside)
    return {
      act: ({ users }) => users.disable(id),
      effect: () =>
        rowOf(
          world,
          id,
          'disabled_at is not null, (select count(*) from torii.sessions where user_id = users.id)',
        ),
    }
  }),
  operation('users.enable', 'done', [true], async (world) => {
    const { id } = await signUp(world.aside)
    await world.aside.users.disable(id)
    return {
      act: ({ users }) => users.enable(id),
      effect: () => rowOf(world, id, 'disabled_at is null'),
    }
  }),
  operation('users.delete', 'false', undefined, async (world) => {
    const { id } = await signUp(world.aside)
    return { act: ({ users }) => users.delete(id), effect: () => rowOf(world, id, '1') }
  }),
]

const sessionOperations = [
  operation('sessions.open', 'done', [2, true], async (world) => {
    const [{ id }, session] = [await signUp(world.aside), newSession()]
    return {
      act: ({ sessions }) => sessions.open(id, session),
      effect: () => opened(world, id, session),
    }
  }),
  operation('sessions.touch', 'null', true, async (world) => {
    const { key } = await signUp(world.aside)
    await world.value(
      "update torii.sessions set last_active_at = now() - interval '1 hour' where id = $1 returning 1",
      [key.id],
    )
    return {
      act: ({ sessions }) => sessions.touch(key, { idleSeconds: 500, touchSeconds: 60 }),
      effect: () =>
        world.value(
          "select last_active_at > now() - interval '1 minute' from torii.sessions where id = $1",
          [key.id],
        ),
    }
  }),
  operation('sessions.revoke', 'false', 1, async (world) => {
    const { id, other } = await withOther(world)
    return {
      act: ({ sessions }) => sessions.revoke(id, other.id),
      effect: () => liveSessions(world, id),
    }
  }),
  operation('sessions.end', 'false', 1, async (world) => {
    const { id, key } = await withOther(world)
    return { act: ({ sessions }) => sessions.end(key), effect: () => liveSessions(world, id) }
  }),
  operation('sessions.revokeOthers', 'done', [1, true], async (world) => {
    const person = await withOther(world)
    return {
      act: ({ sessions }) => sessions.revokeOthers(askingOf(person)),
      effect: () => opened(world, person.id, person.key),
    }
  }),
  operation('sessions.revokeAll', 'done', 0, async (world) => {
    const { id } = await withOther(world)
    return { act: ({ sessions }) => sessions.revokeAll(id), effect: () => liveSessions(world, id) }
  }),
  operation('sessions.rotate', 'done', [1, true], async (world) => {
    const [{ id, key }, secretHash] = [await signUp(world.aside), freshSecretHash()]
    return {
      act: ({ sessions }) => sessions.rotate(key, secretHash),
      effect: () => opened(world, id, { id: key.id, secretHash }),
    }
  }),
  ...[true, false].map((kept) =>
    operation('sessions.reauthenticate', 'done', [1, true, undefined, 4], async (world) => {
      const { id, key, refund, attempts } = await personWithAttempts(world)
      const secretHash = kept ? key.secretHash : freshSecretHash()
      return {
        act: ({ sessions }) =>
          sessions.reauthenticate(key, { newSecretHash: secretHash, method: 'passkey', refund }),
        effect: async () => [
          ...(await opened(world, id, { id: key.id, secretHash })),
          ...(await attempts()),
        ],
      }
    }),
  ),
]

const passwordOperations = [
  operation(
    'passwords.findForSignIn',
    'done',
    1,
    async (world) => {
      const [{ email }, key] = [await signUp(world.aside), freshAttemptKey()]
      const input = { email, charges: charges(key) }
      return {
        act: ({ passwords }) => passwords.findForSignIn(input),
        effect: () => total(world, key),
      }
    },
    2,
  ),
  operation(
    'passwords.findForUser',
    'done',
    1,
    async (world) => {
      const [{ id }, key] = [await signUp(world.aside), freshAttemptKey()]
      const input = { userId: id, charges: charges(key) }
      return {
        act: ({ passwords }) => passwords.findForUser(input),
        effect: () => total(world, key),
      }
    },
    2,
  ),
  operation('passwords.signIn', 'done', [2, true, ...givenBack], async (world) => {
    const { id, hash, refund, attempts } = await personWithAttempts(world)
    const session = newSession()
    const input = {
      credential: { userId: id, hash, epochs: firstEpochs },
      session,
      refund,
      rehash: freshPasswordHash(),
    }
    return {
      act: ({ passwords }) => passwords.signIn(input),
      effect: async () => [...(await opened(world, id, session)), ...(await attempts())],
    }
  }),
  operation('passwords.set', 'done', 1, async (world) => {
    const [person, hash] = [await signUp(world.aside, { password: false }), freshPasswordHash()]
    return {
      act: ({ passwords }) => passwords.set(askingOf(person), hash),
      effect: () =>
        count(world, 'torii.passwords where user_id = $1 and hash = $2', [
          person.id,
          hash.reveal(),
        ]),
    }
  }),
  operation('passwords.change', 'done', [1, true, ...givenBack], async (world) => {
    const [person, next] = [await personWithAttempts(world), freshPasswordHash()]
    await world.aside.sessions.open(person.id, newSession())
    return {
      act: ({ passwords }) =>
        passwords.change(askingOf(person), { verified: person.hash, next, refund: person.refund }),
      effect: async () => [
        await liveSessions(world, person.id),
        await world.value('select hash = $2 from torii.passwords where user_id = $1', [
          person.id,
          next.reveal(),
        ]),
        ...(await person.attempts()),
      ],
    }
  }),
  operation('passwords.rehash', 'done', true, async (world) => {
    const [{ id, hash }, next] = [await signUp(world.aside), freshPasswordHash()]
    return {
      act: ({ passwords }) => passwords.rehash(id, { verified: hash, next }),
      effect: () =>
        world.value('select hash = $2 from torii.passwords where user_id = $1', [
          id,
          next.reveal(),
        ]),
    }
  }),
  operation('passwords.remove', 'done', [1, 0], async (world) => {
    const person = await withOther(world)
    return {
      act: ({ passwords }) => passwords.remove(askingOf(person), { mailSignIn: true }),
      effect: async () => [
        await liveSessions(world, person.id),
        await count(world, 'torii.passwords where user_id = $1', [person.id]),
      ],
    }
  }),
]

const attemptOperations = [
  operation(
    'login_attempts.charge',
    'done',
    1,
    async (world) => {
      const key = freshAttemptKey()
      return {
        act: ({ loginAttempts }) => loginAttempts.charge(charges(key)),
        effect: () => total(world, key),
      }
    },
    2,
  ),
  operation(
    'login_attempts.refund',
    'ERR_OUTCOME_UNKNOWN',
    [3, 5],
    async (world) => {
      const { refund, attempts } = await personWithAttempts(world)
      return { act: ({ loginAttempts }) => loginAttempts.refund(refund), effect: attempts }
    },
    givenBack,
  ),
  operation('login_attempts.unlock', 'false', 0, async (world) => {
    const key = freshAttemptKey()
    await world.aside.loginAttempts.charge({
      account: { key, policy: { ...widePolicy, cap: 1 } },
      network: null,
    })
    return {
      act: ({ loginAttempts }) => loginAttempts.unlock(key),
      effect: () => count(world, 'torii.login_attempts where key = $1', [key]),
    }
  }),
]

const mailOperations = [
  operation(
    'magic_links.issue',
    'done',
    [1, 1],
    async (world) => {
      const [email, key, tokenHash] = [freshEmail(), freshAttemptKey(), freshSecretHash()]
      const link = {
        email,
        tokenHash,
        codeHash: null,
        lifetimeSeconds: 600,
        charges: mailCharges(key),
      }
      return {
        act: ({ magicLinks }) => magicLinks.issue(link),
        effect: async () => [
          await count(world, 'torii.magic_links where token_hash = $1', [tokenHash]),
          await total(world, key),
        ],
      }
    },
    [1, 2],
  ),
  ...[true, false].map((known) =>
    operation('magic_links.consume', 'done', [known ? 2 : 1, true, 1], async (world) => {
      const person = await signUp(world.aside)
      const email = known ? person.email : freshEmail()
      const link = await storedLink(world, email)
      const proof = { session: newSession(), newUserId: newUserId() }
      const id = known ? person.id : proof.newUserId
      return {
        act: ({ magicLinks }) => magicLinks.consume(link.tokenHash, proof),
        effect: async () => [
          ...(await opened(world, id, proof.session)),
          await count(world, 'torii.users where email = $1', [email]),
        ],
      }
    }),
  ),
  operation('magic_links.consumeCode', 'done', [1, true, 1], async (world) => {
    const [email, key] = [freshEmail(), freshAttemptKey()]
    const { codeHash } = await storedLink(world, email)
    const proof = { session: newSession(), newUserId: newUserId() }
    return {
      act: ({ magicLinks }) =>
        magicLinks.consumeCode({ email, codeHash, charges: charges(key) }, proof),
      effect: async () => [
        ...(await opened(world, proof.newUserId, proof.session)),
        await total(world, key),
      ],
    }
  }),
  operation(
    'verification_tokens.issue',
    'done',
    [1, 1],
    async (world) => {
      const [{ email }, key, secretHash] = [
        await signUp(world.aside),
        freshAttemptKey(),
        freshSecretHash(),
      ]
      const wanted = {
        purpose: 'reset_password',
        email,
        secretHash,
        lifetimeSeconds: 600,
        charges: mailCharges(key),
      } as const
      return {
        act: ({ verificationTokens }) => verificationTokens.issue(wanted),
        effect: async () => [
          await count(world, 'torii.verification_tokens where secret_hash = $1', [secretHash]),
          await total(world, key),
        ],
      }
    },
    [1, 2],
  ),
  operation(
    'verification_tokens.issueEmailChange',
    'done',
    [1, 1],
    async (world) => {
      const [person, key, secretHash] = [
        await signUp(world.aside),
        freshAttemptKey(),
        freshSecretHash(),
      ]
      const change = {
        asking: askingOf(person),
        email: freshEmail(),
        secretHash,
        lifetimeSeconds: 600,
        charges: mailCharges(key),
      }
      return {
        act: ({ verificationTokens }) => verificationTokens.issueEmailChange(change),
        effect: async () => [
          await count(world, 'torii.verification_tokens where secret_hash = $1', [secretHash]),
          await total(world, key),
        ],
      }
    },
    [1, 2],
  ),
  operation('verification_tokens.verifyEmail', 'done', [1, true], async (world) => {
    const person = await signUp(world.aside, { emailVerified: false })
    const key = await storedToken(world, person, 'verify_email')
    const session = newSession()
    return {
      act: ({ verificationTokens }) =>
        verificationTokens.verifyEmail(key, {
          kind: 'new_password',
          passwordHash: freshPasswordHash(),
          session,
        }),
      effect: () => opened(world, person.id, session),
    }
  }),
  operation('verification_tokens.verifyEmail', 'invalid_token', [true], async (world) => {
    const person = await signUp(world.aside, { emailVerified: false })
    const key = await storedToken(world, person, 'verify_email')
    return {
      act: ({ verificationTokens }) =>
        verificationTokens.verifyEmail(key, { kind: 'session', asking: askingOf(person) }),
      effect: () => rowOf(world, person.id, 'email_verified_at is not null'),
    }
  }),
  operation('verification_tokens.resetPassword', 'done', [0, true, ...givenBack], async (world) => {
    const person = await personWithAttempts(world)
    const [key, hash] = [await storedToken(world, person, 'reset_password'), freshPasswordHash()]
    return {
      act: ({ verificationTokens }) =>
        verificationTokens.resetPassword(key, { hash, refund: person.refund }),
      effect: async () => [
        await liveSessions(world, person.id),
        await world.value('select hash = $2 from torii.passwords where user_id = $1', [
          person.id,
          hash.reveal(),
        ]),
        ...(await person.attempts()),
      ],
    }
  }),
  operation('verification_tokens.changeEmail', 'invalid_token', [1, true], async (world) => {
    const [person, email, secretHash] = [await withOther(world), freshEmail(), freshSecretHash()]
    const asking = askingOf(person)
    await world.aside.verificationTokens.issueEmailChange({
      asking,
      email,
      secretHash,
      lifetimeSeconds: 600,
      charges: mailCharges(freshAttemptKey()),
    })
    return {
      act: ({ verificationTokens }) => verificationTokens.changeEmail(asking, secretHash),
      effect: async () => [
        await liveSessions(world, person.id),
        await world.value('select email = $2 from torii.users where id = $1', [person.id, email]),
      ],
    }
  }),
]

const oauthOperations = [
  operation('oauth_accounts.signInKnown', 'done', [2, true], async (world) => {
    const first = somebody()
    await world.aside.oauthAccounts.signIn(first)
    const person = {
      ...first,
      newUserId: newUserId(),
      newAccountId: newOAuthAccountId(),
      session: newSession(),
    }
    return {
      act: ({ oauthAccounts }) => oauthAccounts.signIn(person),
      effect: () => opened(world, first.newUserId, person.session),
    }
  }),
  operation('oauth_accounts.deleteDead', 'done', [1, true], async (world) => {
    const person = somebody()
    return {
      act: ({ oauthAccounts }) => oauthAccounts.signIn(person),
      effect: () => opened(world, person.newUserId, person.session),
    }
  }),
  ...[true, false].map((trusted) =>
    operation('oauth_accounts.signInNew', 'done', [1, true, 1], async (world) => {
      const person = somebody({ emailVerified: trusted })
      return {
        act: ({ oauthAccounts }) => oauthAccounts.signIn(person),
        effect: async () => [
          ...(await opened(world, person.newUserId, person.session)),
          await count(world, 'torii.oauth_accounts where subject = $1', [person.subject]),
        ],
      }
    }),
  ),
  operation('oauth_accounts.link', 'done', 1, async (world) => {
    const [person, identity] = [await signUp(world.aside), somebody()]
    return {
      act: ({ oauthAccounts }) => oauthAccounts.link(askingOf(person), identity),
      effect: () => count(world, 'torii.oauth_accounts where id = $1', [identity.newAccountId]),
    }
  }),
  operation('oauth_accounts.unlink', 'not_found', 0, async (world) => {
    const person = await withAccount(world)
    return {
      act: ({ oauthAccounts }) =>
        oauthAccounts.unlink(askingOf(person), person.accountId, { mailSignIn: true }),
      effect: () => count(world, 'torii.oauth_accounts where id = $1', [person.accountId]),
    }
  }),
  operation('oauth_accounts.replaceTokens', 'done', [1, true], async (world) => {
    const { id, accountId } = await withAccount(world)
    const tokens = freshTokens()
    return {
      act: ({ oauthAccounts }) =>
        oauthAccounts.replaceTokens(id, accountId, { version: 0, tokens }),
      effect: () =>
        world.value(
          'select json_build_array(tokens_version, tokens = $2) from torii.oauth_accounts where id = $1',
          [accountId, tokens],
        ),
    }
  }),
  operation('oauth_accounts.leaseRefresh', 'false', true, async (world) => {
    const { id, accountId } = await withAccount(world)
    return {
      act: ({ oauthAccounts }) =>
        oauthAccounts.leaseRefresh(id, accountId, { version: 0, leaseSeconds: 60 }),
      effect: () =>
        world.value(
          'select refresh_lease_ends_at > now() from torii.oauth_accounts where id = $1',
          [accountId],
        ),
    }
  }),
  operation('oauth_states.store', 'done', [1, 1], async (world) => {
    const [stateHash, key] = [freshSecretHash(), freshAttemptKey()]
    const state = {
      stateHash,
      browserHash: freshSecretHash(),
      provider: 'google',
      flow: { kind: 'sign_in' },
      redirectTo: null,
      lifetimeSeconds: 60,
      network: charge(key),
    } as const
    return {
      act: ({ oauthStates }) => oauthStates.store(state),
      effect: async () => [
        await count(world, 'torii.oauth_states where state_hash = $1', [stateHash]),
        await total(world, key),
      ],
    }
  }),
  operation('oauth_states.consume', 'null', 0, async (world) => {
    const state = {
      stateHash: freshSecretHash(),
      browserHash: freshSecretHash(),
      provider: 'google',
      flow: { kind: 'sign_in' },
      redirectTo: null,
      lifetimeSeconds: 60,
      network: null,
    } as const
    await world.aside.oauthStates.store(state)
    return {
      act: ({ oauthStates }) => oauthStates.consume(state),
      effect: () => count(world, 'torii.oauth_states where state_hash = $1', [state.stateHash]),
    }
  }),
]

const passkeyOperations = [
  operation('passkey_challenges.store', 'done', [1, 1], async (world) => {
    const [challengeHash, key] = [freshSecretHash(), freshAttemptKey()]
    const challenge = {
      challengeHash,
      ceremony: 'authenticate',
      holder: { kind: 'anyone' },
      lifetimeSeconds: 60,
      network: charge(key),
    } as const
    return {
      act: ({ passkeyChallenges }) => passkeyChallenges.store(challenge),
      effect: async () => [
        await count(world, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
        await total(world, key),
      ],
    }
  }),
  operation('passkey_challenges.consume', 'false', 0, async (world) => {
    const [person, challengeHash] = [await signUp(world.aside), freshSecretHash()]
    const asking = askingOf(person)
    const holder = { kind: 'session', asking } as const
    await world.aside.passkeyChallenges.store({
      challengeHash,
      ceremony: 'register',
      holder,
      lifetimeSeconds: 60,
      network: null,
    })
    return {
      act: ({ passkeyChallenges }) =>
        passkeyChallenges.consume({ challengeHash, ceremony: 'register', asking }),
      effect: () =>
        count(world, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
    }
  }),
  // The commit has no name of its own on the wire.
  ...['commit', 'passkeys.add', 'passkeys.lockAsking', 'passkeys.deleteDead'].map((statement) =>
    operation(statement, 'done', 1, async (world) => {
      const [person, made] = [await signUp(world.aside), newPasskey()]
      return {
        act: ({ passkeys }) => passkeys.add(askingOf(person), made, { max: 1 }),
        effect: () => count(world, 'torii.passkeys where user_id = $1', [person.id]),
      }
    }),
  ),
  operation('passkeys.findForSignIn', 'null', 0, async (world) => {
    const [{ made }, challengeHash] = [await withPasskey(world), freshSecretHash()]
    await world.aside.passkeyChallenges.store({
      challengeHash,
      ceremony: 'authenticate',
      holder: { kind: 'anyone' },
      lifetimeSeconds: 60,
      network: null,
    })
    return {
      act: ({ passkeys }) =>
        passkeys.findForSignIn({
          challengeHash,
          ceremony: 'authenticate',
          credentialId: made.credentialId,
        }),
      effect: () =>
        count(world, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
    }
  }),
  operation('passkeys.signIn', 'done', [2, true, 7, ...givenBack], async (world) => {
    const [{ id, use, refund, counter, attempts }, session] = [
      await withPasskey(world),
      newSession(),
    ]
    return {
      act: ({ passkeys }) => passkeys.signIn(use, { session, refund }),
      effect: async () => [
        ...(await opened(world, id, session)),
        await counter(),
        ...(await attempts()),
      ],
    }
  }),
  ...[true, false].map((kept) =>
    operation('passkeys.reauthenticate', 'done', [1, true, 7, ...givenBack], async (world) => {
      const { id, key, use, refund, counter, attempts } = await withPasskey(world)
      const secretHash = kept ? key.secretHash : freshSecretHash()
      return {
        act: ({ passkeys }) =>
          passkeys.reauthenticate(use, { key, newSecretHash: secretHash, refund }),
        effect: async () => [
          ...(await opened(world, id, { id: key.id, secretHash })),
          await counter(),
          ...(await attempts()),
        ],
      }
    }),
  ),
  operation('passkeys.rename', 'done', 'Other', async (world) => {
    const { id, made } = await withPasskey(world)
    return {
      act: ({ passkeys }) => passkeys.rename(id, made.id, 'Other'),
      effect: () => world.value('select name from torii.passkeys where id = $1', [made.id]),
    }
  }),
  operation('passkeys.delete', 'not_found', 0, async (world) => {
    const person = await withPasskey(world)
    return {
      act: ({ passkeys }) =>
        passkeys.delete(askingOf(person), person.made.id, { mailSignIn: true }),
      effect: () => count(world, 'torii.passkeys where id = $1', [person.made.id]),
    }
  }),
]

const sweepOperations = [
  operation('sweep.sessions', 'done', 0, async (world) => {
    const { key } = await signUp(world.aside)
    await world.value(
      "update torii.sessions set expires_at = now() - interval '1 hour' where id = $1 returning 1",
      [key.id],
    )
    return {
      act: (storage) => storage.sweep(),
      effect: () => count(world, 'torii.sessions where id = $1', [key.id]),
    }
  }),
  operation('sweep.raiseEpochs', 'done', 0, async (world) => {
    const { id } = await signUp(world.aside)
    return { act: (storage) => storage.endEverything(), effect: () => liveSessions(world, id) }
  }),
]

/** Every operation that writes, at least once per statement. */
export const operations: readonly Operation[] = [
  ...userOperations,
  ...sessionOperations,
  ...passwordOperations,
  ...attemptOperations,
  ...mailOperations,
  ...oauthOperations,
  ...passkeyOperations,
  ...sweepOperations,
]
