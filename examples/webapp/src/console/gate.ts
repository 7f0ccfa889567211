import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** How long things last, in milliseconds, and how often a secret may be guessed at. */
export const gateLimits = Object.freeze({
  /** From then on a secret that stands in an old log opens nothing. */
  secretMs: 60 * 60_000,
  /** With 256 bits nobody guesses; whoever tries is a program, and is slowed down. */
  tries: 5,
  pauseMs: 60_000,
  idleMs: 30 * 60_000,
  absoluteMs: 8 * 60 * 60_000,
})

export type Exchange =
  | { readonly ok: true; readonly token: string }
  /** Not the secret that is waiting, or none is. */
  | { readonly ok: false; readonly reason: 'wrong' }
  /** The secret was guessed at too often and is void. */
  | { readonly ok: false; readonly reason: 'too_many_tries' }

/**
 * Lets one operator in at a time: whoever can read what the process prints. A secret is worth one session, and the
 * session of a new secret ends the former one. Both are kept as hashes, in memory only. `now` is in milliseconds.
 */
export interface Gate {
  /** Prints a secret, unless one is waiting to be used or a pause is on. */
  offer(now: number): void
  /** Takes the secret: once. */
  exchange(secret: string, now: number): Exchange
  /** Whether the token opens the session that is on; notes the activity. */
  isOpen(token: string, now: number): boolean
  /** Ends the session that this token opens. */
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

/** @param print takes each new secret, to show it where only the operator reads */
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
