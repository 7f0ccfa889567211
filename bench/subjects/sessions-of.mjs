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

/** A network address of a great many, so that no limit per network is met. */
export const anyAddress = () => `10.${pick(254)}.${pick(254)}.${pick(254)}`

/** @throws Error when something that must be there is not: a fast wrong answer is none. */
export function must(value, what) {
  if (value === null || value === undefined || value === false) throw new Error(`no ${what}`)
  return value
}
