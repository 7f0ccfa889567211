/** A journey: people, each in a browser of their own, and nothing that may go wrong besides what they provoke. */
import { test } from 'node:test'

let world = null
/** @param opened the world of every journey */
export const travelIn = (opened) => {
  world = opened
}

/** `walk` is given the world, and `visitor()` for a browser of somebody's own. */
export function journey(name, walk) {
  test(name, async () => {
    const visitors = []
    const visitor = async () => {
      const opened = await world.newVisitor()
      visitors.push(opened)
      return opened
    }
    try {
      await walk({ ...world, visitor })
    } catch (error) {
      // Where it stopped is said together with what went wrong on the way.
      for (const opened of visitors)
        await opened.close().catch((also) => (error.message += `\n${also.message}`))
      throw error
    }
    for (const opened of visitors) await opened.close()
  })
}
