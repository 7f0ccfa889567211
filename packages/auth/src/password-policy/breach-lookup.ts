import { ToriiError } from 'torii-core'

/**
 * Says whether a password is known from a data breach. It is given the password itself, in NFC: hand on no
 * more of it than you must ({@link createBreachCheck} hands on five characters of a hash).
 */
export type BreachedHook = (password: string) => Promise<boolean>

/** The hook for breached passwords failed, was late or was too busy. The password was accepted without it. */
export interface BreachLogEvent {
  level: 'warn'
  event: 'breached_check_failed'
  error: unknown
}

/** Bounds of the hook: it is somebody else's service, and no sign-up waits or fails because of it. */
export const breachedLimits = Object.freeze({
  /** Longest wait for its answer; a person notices more. */
  seconds: 2,
  /** Calls under way at once. It is asked before anything is charged, so a flood has to stop here. */
  concurrency: 32,
})

/**
 * The hook, made unable to refuse by failing: what throws, takes too long or is one too many counts as not
 * breached, and is logged. Without a hook nothing is.
 */
export function createBreachLookup(
  hook: BreachedHook | null,
  log: (event: BreachLogEvent) => void,
  { seconds, concurrency }: { seconds: number; concurrency: number } = breachedLimits,
): (password: string) => Promise<boolean> {
  if (hook === null) return async () => false
  let free = concurrency

  const ask = async (password: string) => {
    free -= 1
    try {
      return await hook(password)
    } finally {
      free += 1
    }
  }

  return async (password) => {
    const deadline = createDeadline(seconds)
    try {
      if (free === 0) throw busy()
      return (await Promise.race([ask(password), deadline.passed])) === true
    } catch (error) {
      log({ level: 'warn', event: 'breached_check_failed', error })
      return false
    } finally {
      deadline.clear()
    }
  }
}

const busy = () =>
  new ToriiError('ERR_BUSY', 'as many passwords as may be are being checked for breaches already')

function createDeadline(seconds: number) {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ToriiError('ERR_UNAVAILABLE', `no answer within ${seconds} s`)),
      seconds * 1000,
    )
  })
  // Whoever waits for it has the rejection; it may also come when nobody waits any more.
  passed.catch(() => undefined)
  return { passed, clear: () => clearTimeout(timer) }
}
