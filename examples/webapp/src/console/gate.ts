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

export type Exchange =
  | { readonly ok: true; readonly token: string }
  /** Not the current secret, or there is none. */
  | { readonly ok: false; readonly reason: 'wrong' }
  /** Too many wrong attempts; the secret is void. */
  | { readonly ok: false; readonly reason: 'too_many_tries' }

/**
 * Signs in one administrator at a time, who can read the output of the process. A secret opens one session, and
 * the next secret's session ends the former one. Both are stored as hashes, in memory only. `now` is in milliseconds.
 */
export interface Gate {
  /** Prints a secret, unless one is still unused or a pause is running. */
  offer(now: number): void
  /** Exchanges the secret for a session token, once. */
  exchange(secret: string, now: number): Exchange
  /** Whether the token belongs to the active session. Extends the session. */
  isOpen(token: string, now: number): boolean
  /** Ends the session of this token. */
  close(token: string): void
}

interface Waiting {
  readonly hash: Buffer
  readonly endsAt: number
  tries: number
}

interface Session {
  readonly hash: Buffer
  readonly endsAt: number
  idleEndsAt: number
}

/** Creates a gate. @param print shows each new secret where only the administrator can read it */
export function createGate(print: (secret: string) => void): Gate {
  let waiting: Waiting | null = null
  let session: Session | null = null
  let pausedUntil = 0

  const live = (now: number): Session | null => {
    if (session !== null && (now >= session.endsAt || now >= session.idleEndsAt)) session = null
    return session
  }

  return {
    offer(now) {
      if (waiting !== null && now < waiting.endsAt) return
      if (now < pausedUntil) return
      const secret = newSecret()
      waiting = { hash: hashOf(secret), endsAt: now + gateLimits.secretMs, tries: 0 }
      print(secret)
    },
    exchange(secret, now) {
      if (now < pausedUntil) return { ok: false, reason: 'too_many_tries' }
      if (waiting === null || now >= waiting.endsAt) return { ok: false, reason: 'wrong' }
      if (timingSafeEqual(waiting.hash, hashOf(secret))) {
        waiting = null
        const token = newSecret()
        const { absoluteMs, idleMs } = gateLimits
        session = { hash: hashOf(token), endsAt: now + absoluteMs, idleEndsAt: now + idleMs }
        return { ok: true, token }
      }
      waiting.tries += 1
      if (waiting.tries < gateLimits.tries) return { ok: false, reason: 'wrong' }
      waiting = null
      pausedUntil = now + gateLimits.pauseMs
      return { ok: false, reason: 'too_many_tries' }
    },
    isOpen(token, now) {
      const open = live(now)
      if (open === null || !timingSafeEqual(open.hash, hashOf(token))) return false
      open.idleEndsAt = now + gateLimits.idleMs
      return true
    },
    close(token) {
      if (session !== null && timingSafeEqual(session.hash, hashOf(token))) session = null
    },
  }
}

/** 256 bits. */
const newSecret = (): string => randomBytes(32).toString('base64url')

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()
