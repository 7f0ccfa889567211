/** A journey: users, each in a separate browser, without any problem except the expected ones. */

/** All journeys, in the order of the files: those that can run in parallel, and the others. */
export const together = []
export const alone = []

/** Declares a journey. `walk` receives the world and `visitor()`, which opens a separate browser, or one that a given function opens. */
export function journey(name, walk) {
  together.push({ name, run: (world) => run(world, walk) })
}

/** Declares a journey that cannot run in parallel with others. */
export function lonelyJourney(name, walk) {
  alone.push({ name, run: (world) => run(world, walk) })
}

async function run(world, walk) {
  const visitors = []
  const visitor = async (open = world.newVisitor) => {
    const opened = await open()
    visitors.push(opened)
    return opened
  }
  try {
    await walk({ ...world, visitor })
  } catch (error) {
    // The error of the journey is reported together with the problems of its browsers.
    const others = await Promise.all(
      visitors.map((opened) => opened.close().catch(({ message }) => message)),
    )
    throw new Error([error.stack, ...others].join('\n'), { cause: error })
  }
  for (const opened of visitors) await opened.close()
}
