/** A journey: people, each in a browser of their own, and nothing that may go wrong besides what they provoke. */

/** Every journey, in the order that the files name them: those that may be under way together, and the others. */
export const together = []
export const alone = []

/** `walk` is given the world, and `visitor()` for a browser of somebody's own. */
export function journey(name, walk) {
  together.push({ name, run: (world) => run(world, walk) })
}

/** A journey that others would disturb, or that disturbs them. */
export function lonelyJourney(name, walk) {
  alone.push({ name, run: (world) => run(world, walk) })
}

async function run(world, walk) {
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
    const others = await Promise.all(
      visitors.map((opened) => opened.close().catch(({ message }) => message)),
    )
    throw new Error([error.stack, ...others].join('\n'), { cause: error })
  }
  for (const opened of visitors) await opened.close()
}
