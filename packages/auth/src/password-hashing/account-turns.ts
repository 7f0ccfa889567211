import type { RateLimitKey } from 'torii-core'

/** Lets the password attempts of one account run one after another. */
export interface AccountTurns {
  /** Runs `work` after the attempts of `account` that came before it; of other accounts it waits for none. */
  take<Result>(account: RateLimitKey, work: () => Promise<Result>): Promise<Result>
}

/**
 * Attempts of one account that may wait. More come only in an attack; these do not wait, so that they hold no memory, and
 * the rate limit refuses them.
 */
const maxWaiting = 50

/**
 * Every attempt is counted before it is verified and given back when it succeeds. Without turns, more right sign-ins at once
 * than the rate limit allows wrong ones would lock the account.
 */
export function createAccountTurns(): AccountTurns {
  const last = new Map<string, { readonly ended: Promise<unknown>; waiting: number }>()
  return {
    async take(account, work) {
      const key = Buffer.from(account).toString('base64')
      const before = last.get(key)
      const waiting = (before?.waiting ?? 0) + 1
      if (waiting > maxWaiting) return work()
      const task = (before?.ended ?? Promise.resolve()).then(work)
      const turn = { ended: task.catch(() => undefined), waiting }
      last.set(key, turn)
      try {
        return await task
      } finally {
        const newest = last.get(key)
        if (newest === turn) last.delete(key)
        else if (newest !== undefined) newest.waiting -= 1
      }
    },
  }
}
