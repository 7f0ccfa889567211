import { ownerOf, pick } from '../keys.mjs'

/** Numbers of the spare sessions, each handed out once; null when none is left. */
export function spareNumbers(size, spare) {
  let used = 0
  return () => {
    used += 1
    return used > spare ? null : size.sessions + used
  }
}

/** A session that is there, with its owner. */
export function anySession({ sessions, users }) {
  const n = pick(sessions)
  return { n, user: ownerOf(n, users) }
}

/** Sessions that are read over and over: enough that they do not stay in the processor's caches. */
const readAtRandom = 32_768

/** What callers bring to a read, made by `make` before the clock runs and handed out in turn. */
export function readyMade(size, make) {
  let items = null
  let turn = 0
  return () => {
    items ??= Array.from({ length: readAtRandom }, () => make(anySession(size)))
    turn = (turn + 1) % readAtRandom
    return items[turn]
  }
}

/** A network address of a great many, so that no limit per network is met. */
export const anyAddress = () => `10.${pick(254)}.${pick(254)}.${pick(254)}`

/** @throws Error when something that must be there is not: a fast wrong answer is none. */
export function must(value, what) {
  if (value === null || value === undefined || value === false) throw new Error(`no ${what}`)
  return value
}
