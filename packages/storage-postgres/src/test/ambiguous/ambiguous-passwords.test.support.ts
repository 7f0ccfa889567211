import { newAuditEventId, newUserId } from 'torii-core'
import {
  actorOf,
  firstEpochs,
  freshPasswordHash,
  freshRateLimitKey,
  newSession,
  signUp,
  widePolicy,
} from '../races/people.test.support.js'
import {
  charges,
  count,
  givenBack,
  liveSessions,
  mailCharges,
  opened,
  operation,
  personWithAttempts,
  total,
  withOther,
} from './ambiguous-operations.test.support.js'

export const passwordOperations = [
  operation(
    'passwords.findForSignIn',
    'done',
    1,
    async (harness) => {
      const [{ email }, key] = [await signUp(harness.observer), freshRateLimitKey()]
      const input = { email, charges: charges(key) }
      return {
        operation: ({ passwords }) => passwords.findForSignIn(input),
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation(
    'passwords.findForUser',
    'done',
    1,
    async (harness) => {
      const [{ id }, key] = [await signUp(harness.observer), freshRateLimitKey()]
      const input = { userId: id, charges: charges(key) }
      return {
        operation: ({ passwords }) => passwords.findForUser(input),
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation('passwords.signIn', 'done', [2, true, ...givenBack], async (harness) => {
    const { id, hash, refund, attempts } = await personWithAttempts(harness)
    const session = newSession()
    const input = {
      credential: { userId: id, hash, epochs: firstEpochs },
      session,
      refund,
      rehash: freshPasswordHash(),
    }
    return {
      operation: ({ passwords }) => passwords.signIn(input),
      effect: async () => [...(await opened(harness, id, session)), ...(await attempts())],
    }
  }),
  operation('passwords.set', 'done', 1, async (harness) => {
    const [person, hash] = [
      await signUp(harness.observer, { password: false }),
      freshPasswordHash(),
    ]
    return {
      operation: ({ passwords }) => passwords.set(actorOf(person), hash),
      effect: () =>
        count(harness, 'torii.passwords where user_id = $1 and hash = $2', [
          person.id,
          hash.reveal(),
        ]),
    }
  }),
  operation('passwords.change', 'done', [1, true, ...givenBack], async (harness) => {
    const [person, next] = [await personWithAttempts(harness), freshPasswordHash()]
    await harness.observer.sessions.open(person.id, newSession())
    return {
      operation: ({ passwords }) =>
        passwords.change(actorOf(person), { verified: person.hash, next, refund: person.refund }),
      effect: async () => [
        await liveSessions(harness, person.id),
        await harness.value('select hash = $2 from torii.passwords where user_id = $1', [
          person.id,
          next.reveal(),
        ]),
        ...(await person.attempts()),
      ],
    }
  }),
  operation('passwords.rehash', 'done', true, async (harness) => {
    const [{ id, hash }, next] = [await signUp(harness.observer), freshPasswordHash()]
    return {
      operation: ({ passwords }) => passwords.rehash(id, { verified: hash, next }),
      effect: () =>
        harness.value('select hash = $2 from torii.passwords where user_id = $1', [
          id,
          next.reveal(),
        ]),
    }
  }),
  operation('passwords.remove', 'done', [1, 0], async (harness) => {
    const person = await withOther(harness)
    return {
      operation: ({ passwords }) => passwords.remove(actorOf(person), { mailSignIn: true }),
      effect: async () => [
        await liveSessions(harness, person.id),
        await count(harness, 'torii.passwords where user_id = $1', [person.id]),
      ],
    }
  }),
]

export const attemptOperations = [
  operation(
    'rate_limits.charge',
    'done',
    1,
    async (harness) => {
      const key = freshRateLimitKey()
      return {
        operation: ({ rateLimits }) => rateLimits.charge(charges(key)),
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation(
    'rate_limits.chargeMail',
    'done',
    1,
    async (harness) => {
      const key = freshRateLimitKey()
      return {
        operation: ({ rateLimits }) => rateLimits.chargeMail(mailCharges(key)),
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation('audit_events.record', 'done', 2, async (harness) => {
    const userId = newUserId()
    const event = {
      userId,
      type: 'signed_in',
      sessionId: null,
      ip: null,
      userAgent: null,
      detail: {},
      retentionSeconds: 600,
    }
    const events = [1, 2].map(() => ({ ...event, id: newAuditEventId() }))
    return {
      operation: ({ auditEvents }) => auditEvents.record(events),
      effect: () => count(harness, 'torii.audit_events where user_id = $1', [userId]),
    }
  }),
  operation(
    'rate_limits.refund',
    'ERR_OUTCOME_UNKNOWN',
    [3, 5],
    async (harness) => {
      const { refund, attempts } = await personWithAttempts(harness)
      return { operation: ({ rateLimits }) => rateLimits.refund(refund), effect: attempts }
    },
    { twice: givenBack },
  ),
  operation(
    'rate_limits.giveBack',
    'ERR_OUTCOME_UNKNOWN',
    3,
    async (harness) => {
      const key = freshRateLimitKey()
      for (let turn = 0; turn < 3; turn += 1) await harness.observer.rateLimits.charge(charges(key))
      return {
        operation: ({ rateLimits }) => rateLimits.giveBack([key, key]),
        effect: () => total(harness, key),
      }
    },
    { twice: 1 },
  ),
  operation('rate_limits.unlock', 'false', 0, async (harness) => {
    const key = freshRateLimitKey()
    await harness.observer.rateLimits.charge({
      account: { key, policy: { ...widePolicy, cap: 1 } },
      ipAddress: null,
    })
    return {
      operation: ({ rateLimits }) => rateLimits.unlock(key),
      effect: () => count(harness, 'torii.rate_limits where key = $1', [key]),
    }
  }),
]
