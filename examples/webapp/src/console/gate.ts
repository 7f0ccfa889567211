import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Lifetimes in milliseconds, and how many attempts a secret allows. */
export const gateLimits = Object.freeze({
  /** A secret in an old log is useless after this time. */
  secretMs: 60 * 60_000,
  /** A secret of 256 bits cannot be guessed; the limit slows down programs that try. */
  tries: 5,
  pauseMs: 60_000,
  idleMs: 30 * 60_000,
  absoluteMs: 8 * 60 * 60_000,
})

/** `wrong`: not the current secret, or there is none. `too_many_tries`: the secret is void. */
export type Exchange =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly reason: 'wrong' | 'too_many_tries' }

const newSecret = (): string => randomBytes(32).toString('base64url')
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/**
 * Creates a gate. It signs in one administrator at a time, who can read the output of the process: a secret opens one
 * session, and the next secret's session ends the former one. Both are stored as hashes, in memory only. `now` is in
 * milliseconds.
 * @param print shows each new secret where only the administrator can read it
 */
export function createGate(print: (secret: string) => void) {
  let waiting: { hash: Buffer; endsAt: number; tries: number } | null = null
  let session: { hash: Buffer; endsAt: number; idleEndsAt: number } | null = null
  let pausedUntil = 0
  const wrong = { ok: false, reason: 'wrong' } as const
  const refused = { ok: false, reason: 'too_many_tries' } as const
  return {
    /** Prints a secret, unless one is still unused or a pause is running. */
    offer(now: number): void {
      if (now < pausedUntil || (waiting !== null && now < waiting.endsAt)) return
      const secret = newSecret()
      waiting = { hash: hashOf(secret), endsAt: now + gateLimits.secretMs, tries: 0 }
      print(secret)
    },
    /** Exchanges the secret for a session token, once. */
    exchange(secret: string, now: number): Exchange {
      if (now < pausedUntil) return refused
      if (waiting === null || now >= waiting.endsAt) return wrong
      if (timingSafeEqual(waiting.hash, hashOf(secret))) {
        waiting = null
        const token = newSecret()
        const { absoluteMs, idleMs } = gateLimits
        session = { hash: hashOf(token), endsAt: now + absoluteMs, idleEndsAt: now + idleMs }
        return { ok: true, token }
      }
      waiting.tries += 1
      if (waiting.tries < gateLimits.tries) return wrong
      waiting = null
      pausedUntil = now + gateLimits.pauseMs
      return refused
    },
    /** Whether the token belongs to the active session. Extends the session. */
    isOpen(token: string, now: number): boolean {
      if (session !== null && (now >= session.endsAt || now >= session.idleEndsAt)) session = null
      if (session === null || !timingSafeEqual(session.hash, hashOf(token))) return false
      session.idleEndsAt = now + gateLimits.idleMs
      return true
    },
    /** Ends the session of this token. */
    close(token: string): void {
      if (session !== null && timingSafeEqual(session.hash, hashOf(token))) session = null
    },
  }
}
