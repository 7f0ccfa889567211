/**
 * `npm run upgrade [-- USERS]`: upgrades a database of 0.1.0 with 200,000 accounts while processes of 0.1.0 work on it,
 * and lets both versions work beside each other. Fails for every operation of either that did not succeed.
 */

import { runUpgrade } from './run-upgrade.js'
import { startServer } from './server.js'

const users = Number(process.argv[2] ?? 200_000)
if (!Number.isInteger(users) || users < 100) {
  console.error('npm run upgrade [-- USERS]: a whole number of accounts, at least 100')
  process.exitCode = 2
} else {
  const server = await startServer()
  try {
    console.log(`${server.description}, ${users} accounts`)
    const report = await runUpgrade({ url: server.url, users, seconds: 8 })
    const { done, retried, migrationSeconds, problems } = report
    console.log(
      `0.1.0: ${done.old} operations; this version: ${done.new}; migrated in ${migrationSeconds.toFixed(1)} s`,
    )
    for (const [code, count] of [...Object.entries(retried.old), ...Object.entries(retried.new)])
      console.log(`${code}: ${count}, to be retried`)
    for (const problem of problems) console.error(problem)
    const isIdle = done.old === 0 || done.new === 0
    if (isIdle) console.error('a version did no work')
    process.exitCode = problems.length > 0 || isIdle ? 1 : 0
  } finally {
    await server.stop()
  }
}
