import type { ImportedSession } from 'torii-core'
import { freshSecretHash, newSession, unknownUserId } from '../fixtures/samples.js'
import type { BadArgument } from './bad-arguments.js'
import { inSession, one } from './bad-arguments.js'
import { badBooleans, badNumbers, badTexts, badTimes, notObjects, unsafe } from './bad-values.js'

const someImported = (): ImportedSession => ({
  key: freshSecretHash(),
  userId: unknownUserId(),
  authenticatedAt: new Date(),
  expiresAt: new Date(),
  userAgent: null,
})

const member = (field: keyof ImportedSession, values: readonly unknown[]) =>
  one('sessions.importMany', field, values, ({ sessions }, value) =>
    sessions.importMany([{ ...someImported(), [field]: unsafe(value) }]),
  )

/** What `openImported` takes of a session to open. */
const isOpened = (field: string | null): boolean => field !== 'methods'

/** Arguments of the methods for sessions of another system. */
export const badImportedSessionCalls: readonly BadArgument[] = [
  one(
    'sessions.importMany',
    'sessions',
    [
      ...notObjects.filter((value) => !Array.isArray(value)),
      {},
      Array.from({ length: 1001 }, someImported),
    ],
    ({ sessions }, value) => sessions.importMany(unsafe(value)),
  ),
  one('sessions.importMany', null, notObjects, ({ sessions }, value) =>
    sessions.importMany([unsafe(value)]),
  ),
  member('authenticatedAt', badTimes()),
  member('expiresAt', badTimes()),
  member(
    'level',
    badNumbers().filter((value) => value !== undefined && value !== null),
  ),
  member('userAgent', badTexts(1024)),
  ...inSession('sessions.openImported', ({ sessions }, session) =>
    sessions.openImported(freshSecretHash(), session),
  ).filter(({ field }) => isOpened(field)),
  one('sessions.openImported', null, [null, undefined], ({ sessions }, session) =>
    sessions.openImported(freshSecretHash(), unsafe(session)),
  ),
  one(
    'sessions.openImported',
    'verifiedOnly',
    badBooleans().filter((value) => value !== undefined),
    ({ sessions }, value) =>
      sessions.openImported(freshSecretHash(), { ...newSession(), verifiedOnly: unsafe(value) }),
  ),
]
