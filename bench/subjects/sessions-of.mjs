import { randomUUID } from 'node:crypto'
import { emailOf, ownerOf, pick } from '../keys.mjs'

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

/** The addresses of all users in turn, so that no one is mailed twice at once or more often than allowed. */
export function emailsInTurn(size) {
  let turn = pick(size.users)
  return () => {
    turn = (turn % size.users) + 1
    return emailOf(turn)
  }
}

/** Identities that have signed in before by `signIn`, a few at a time; picked at random. */
export function knownOnes(signIn) {
  const known = Array.from({ length: 200 }, () => randomUUID())
  let ready = null
  async function make() {
    for (let from = 0; from < known.length; from += 8)
      await Promise.all(known.slice(from, from + 8).map(signIn))
  }
  return async () => {
    ready ??= make()
    await ready
    return known[pick(known.length) - 1]
  }
}

/** A network address of a great many, so that no limit per network is met. */
export const anyAddress = () => `10.${pick(254)}.${pick(254)}.${pick(254)}`

/** @throws Error when something that must be there is not: a fast wrong answer is none. */
export function must(value, what) {
  if (value === null || value === undefined || value === false) throw new Error(`no ${what}`)
  return value
}
