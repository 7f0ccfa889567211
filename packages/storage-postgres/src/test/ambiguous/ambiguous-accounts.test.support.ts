import assert from 'node:assert/strict'
import type { UserId } from 'torii-core'
import { newSessionId, newUserId } from 'torii-core'
import {
  actorOf,
  freshEmail,
  freshPasswordHash,
  freshSecretHash,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import type { Harness } from './ambiguous-operations.test.support.js'
import {
  count,
  givenBack,
  liveSessions,
  notGivenBack,
  opened,
  operation,
  personWithAttempts,
  rowOf,
  withOther,
} from './ambiguous-operations.test.support.js'
import { pendings, waits } from './factor-owners.test.support.js'

const importedRows = 'torii.imported_sessions where user_id = $1'
const importedOf = (userId: UserId) => ({
  key: freshSecretHash(),
  userId,
  authenticatedAt: new Date(),
  expiresAt: new Date(Date.now() + 86_400_000),
  userAgent: null,
})

async function withImported(harness: Harness) {
  const person = await signUp(harness.observer)
  const imported = importedOf(person.id)
  await harness.observer.sessions.importMany([imported])
  return { ...person, imported }
}

export const userOperations = [
  operation('users.register', 'done', [1, true], async (harness) => {
    const [id, session] = [newUserId(), newSession()]
    const user = { id, email: freshEmail(), passwordHash: freshPasswordHash(), session }
    return {
      operation: ({ users }) => users.register(user),
      effect: () => opened(harness, id, session),
    }
  }),
  ...[true, false].map((taken) =>
    operation('users.register', 'done', [1], async (harness) => {
      const holder = taken ? await signUp(harness.observer, { emailVerified: false }) : null
      const [id, secretHash] = [newUserId(), freshSecretHash()]
      const user = {
        id,
        email: holder?.email ?? freshEmail(),
        passwordHash: freshPasswordHash(),
        verification: { secretHash, lifetimeSeconds: 600 },
      }
      return {
        operation: async ({ users }) => {
          const outcome = await users.register(user)
          return taken && !outcome.ok ? outcome.notice : outcome
        },
        effect: async () => [
          await count(
            harness,
            'torii.verification_tokens where secret_hash = $1 and user_id = $2',
            [secretHash, holder?.id ?? id],
          ),
        ],
      }
    }),
  ),
  operation('users.updateProfile', 'done', ['New'], async (harness) => {
    const { id } = await signUp(harness.observer)
    return {
      operation: ({ users }) => users.updateProfile(id, { name: 'New' }),
      effect: () => rowOf(harness, id, 'name'),
    }
  }),
  operation('users.update', 'done', ['New'], async (harness) => {
    const { id } = await signUp(harness.observer)
    const { updatedAt } = (await harness.observer.users.find(id)) ?? assert.fail()
    return {
      operation: ({ users }) => users.update(id, { name: 'New' }, updatedAt),
      effect: () => rowOf(harness, id, 'name'),
    }
  }),
  operation('users.verifyEmail', 'done', [true], async (harness) => {
    const { id, email } = await signUp(harness.observer, { emailVerified: false })
    return {
      operation: ({ users }) => users.verifyEmail(id, email),
      effect: () => rowOf(harness, id, 'email_verified_at is not null'),
    }
  }),
  operation('users.disable', 'done', [true, 0], async (harness) => {
    const { id } = await signUp(harness.observer)
    return {
      operation: ({ users }) => users.disable(id),
      effect: () =>
        rowOf(
          harness,
          id,
          'disabled_at is not null, (select count(*) from torii.sessions where user_id = users.id)',
        ),
    }
  }),
  operation('users.enable', 'done', [true], async (harness) => {
    const { id } = await signUp(harness.observer)
    await harness.observer.users.disable(id)
    return {
      operation: ({ users }) => users.enable(id),
      effect: () => rowOf(harness, id, 'disabled_at is null'),
    }
  }),
  operation('users.delete', 'false', undefined, async (harness) => {
    const { id } = await signUp(harness.observer)
    return { operation: ({ users }) => users.delete(id), effect: () => rowOf(harness, id, '1') }
  }),
]

export const sessionOperations = [
  operation('sessions.open', 'done', [2, true], async (harness) => {
    const [{ id }, session] = [await signUp(harness.observer), newSession()]
    return {
      operation: ({ sessions }) => sessions.open(id, session),
      effect: () => opened(harness, id, session),
    }
  }),
  operation('sessions.openMany', 'done', [5, true, true, true, true], async (harness) => {
    const { id } = await signUp(harness.observer)
    const sessions = Array.from({ length: 4 }, newSession)
    return {
      // The first goes alone, the others together.
      operation: async (storage) =>
        (await Promise.all(sessions.map((session) => storage.sessions.open(id, session)))).find(
          ({ ok }) => !ok,
        ),
      effect: async () => [
        await liveSessions(harness, id),
        ...(await Promise.all(
          sessions.map(async (session) => (await opened(harness, id, session))[1]),
        )),
      ],
    }
  }),
  operation('sessions.derive', 'done', [2, true], async (harness) => {
    const [person, id, secretHash] = [
      await signUp(harness.observer),
      newSessionId(),
      freshSecretHash(),
    ]
    const derived = { id, secretHash, ip: null, userAgent: null, idleSeconds: 500 }
    return {
      operation: ({ sessions }) => sessions.derive(actorOf(person), derived),
      effect: () => opened(harness, person.id, { id, secretHash }),
    }
  }),
  operation('sessions.touch', 'null', true, async (harness) => {
    const { key } = await signUp(harness.observer)
    await harness.value(
      "update torii.sessions set last_active_at = now() - interval '1 hour' where id = $1 returning 1",
      [key.id],
    )
    return {
      operation: ({ sessions }) => sessions.touch(key, { idleSeconds: 500, touchSeconds: 60 }),
      effect: () =>
        harness.value(
          "select last_active_at > now() - interval '1 minute' from torii.sessions where id = $1",
          [key.id],
        ),
    }
  }),
  operation('sessions.revoke', 'false', 1, async (harness) => {
    const { id, other } = await withOther(harness)
    return {
      operation: ({ sessions }) => sessions.revoke(id, other.id),
      effect: () => liveSessions(harness, id),
    }
  }),
  operation('sessions.end', 'false', 1, async (harness) => {
    const { id, key } = await withOther(harness)
    return {
      operation: ({ sessions }) => sessions.end(key),
      effect: () => liveSessions(harness, id),
    }
  }),
  operation('sessions.endMany', 'done', 1, async (harness) => {
    const { id } = await signUp(harness.observer)
    const sessions = Array.from({ length: 4 }, newSession)
    for (const session of sessions) await harness.observer.sessions.open(id, session)
    return {
      // The first goes alone, the others together.
      operation: async (storage) => {
        await Promise.all(
          sessions.map((session) => storage.sessions.end({ userId: id, ...session })),
        )
      },
      effect: () => liveSessions(harness, id),
    }
  }),
  operation('sessions.importMany', 'done', 1, async (harness) => {
    const { id } = await signUp(harness.observer)
    const imported = importedOf(id)
    return {
      operation: ({ sessions }) => sessions.importMany([imported]),
      effect: () => count(harness, importedRows, [id]),
    }
  }),
  operation('sessions.openImported', 'done', [2, true, 1], async (harness) => {
    const { id, imported } = await withImported(harness)
    const session = newSession()
    return {
      operation: ({ sessions }) => sessions.openImported(imported.key, session),
      effect: async () => [
        ...(await opened(harness, id, session)),
        await count(harness, `${importedRows} and used_at is not null`, [id]),
      ],
    }
  }),
  operation('sessions.openImported', 'done', [1, 1], async (harness) => {
    const { id, imported } = await withImported(harness)
    const session = { ...newSession(), secondFactor: 'always' } as const
    return {
      operation: async ({ sessions }) => waits(await sessions.openImported(imported.key, session)),
      effect: async () => [await liveSessions(harness, id), await count(harness, pendings, [id])],
    }
  }),
  operation('sessions.endImported', 'false', 0, async (harness) => {
    const { id, imported } = await withImported(harness)
    return {
      operation: ({ sessions }) => sessions.endImported(imported.key),
      effect: () => count(harness, `${importedRows} and session_epoch >= 0`, [id]),
    }
  }),
  operation('sessions.revokeOthers', 'done', [1, true], async (harness) => {
    const person = await withOther(harness)
    return {
      operation: ({ sessions }) => sessions.revokeOthers(actorOf(person)),
      effect: () => opened(harness, person.id, person.key),
    }
  }),
  operation('sessions.revokeAll', 'done', 0, async (harness) => {
    const { id } = await withOther(harness)
    return {
      operation: ({ sessions }) => sessions.revokeAll(id),
      effect: () => liveSessions(harness, id),
    }
  }),
  operation('sessions.rotate', 'done', [1, true], async (harness) => {
    const [{ id, key }, secretHash] = [await signUp(harness.observer), freshSecretHash()]
    return {
      operation: ({ sessions }) => sessions.rotate(key, secretHash),
      effect: () => opened(harness, id, { id: key.id, secretHash }),
    }
  }),
  ...[true, false].map((kept) =>
    operation(
      'sessions.reauthenticate',
      'done',
      [1, true, ...givenBack],
      async (harness) => {
        const { id, key, refund, attempts } = await personWithAttempts(harness)
        const secretHash = kept ? key.secretHash : freshSecretHash()
        return {
          operation: ({ sessions }) =>
            sessions.reauthenticate(key, { newSecretHash: secretHash, method: 'passkey', refund }),
          effect: async () => [
            ...(await opened(harness, id, { id: key.id, secretHash })),
            ...(await attempts()),
          ],
        }
      },
      { before: kept ? [1, true, ...notGivenBack] : [1, true, ...givenBack] },
    ),
  ),
]
