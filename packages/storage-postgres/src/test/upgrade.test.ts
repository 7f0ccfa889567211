import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { catalogue, installThisVersion, runUpgrade, testDatabase } from 'torii-testing'
import { describe, test } from 'vitest'

// A filled database of 0.1.0, processes of 0.1.0 at work, and this version beside them. `npm run upgrade` is the same
// with 200,000 accounts.

/** Few accounts, little work: enough for every operation of the program to be tried many times. */
const small = { users: 400, seconds: 1 }
/** Enough for a failure that the first operations meet. */
const smallest = { users: 40, seconds: 0.3 }

/** Upgrades to this version with its compiled list of migrations changed. */
async function upgradeTo(change: (list: string) => string) {
  const db = await testDatabase({ empty: true })
  const next = await installThisVersion(async (dist) => {
    const file = join(dist, 'migrate/migrations.generated.js')
    const list = await readFile(file, 'utf8')
    const changed = change(list)
    assert.notEqual(changed, list)
    await writeFile(file, changed)
  })
  try {
    return await runUpgrade({ ...smallest, url: db.url, withFacts: false, next })
  } finally {
    await next.remove()
  }
}

/** Adds a migration behind the last bracket of the list. */
const addStep = (sql: string) => (list: string) => {
  const id = 1 + (list.match(/^ {8}id: /gm) ?? []).length
  const step = { id, name: 'added', checksum: '0'.repeat(64), transactional: true, sql }
  return list.replace('    },\n];\n', `    },\n${JSON.stringify(step)}\n];\n`)
}

describe('an upgrade from 0.1.0', () => {
  test('lets both versions work, keeps what was promised, and ends with the tables of a new database', async () => {
    const db = await testDatabase({ empty: true })
    const { problems, done } = await runUpgrade({ ...small, url: db.url })
    assert.deepEqual(problems, [])
    assert.ok(done.old > 100 && done.new > 100, JSON.stringify(done))
    const fresh = await testDatabase()
    const tablesOf = ({ query }: typeof db) =>
      catalogue((text, values) => query(text, values), 'torii')
    assert.equal(await tablesOf(db), await tablesOf(fresh))
  })

  test('is refused if a migration of 0.1.0 was rewritten', async () => {
    const { problems } = await upgradeTo((list) =>
      list.replace(/checksum: '..../, "checksum: '0000"),
    )
    assert.match(problems.join('\n'), /ERR_MIGRATION_DRIFT/)
  })

  test('is seen to fail if a migration takes away what 0.1.0 reads', async () => {
    const { problems } = await upgradeTo(
      addStep('alter table :schema.sessions rename column user_agent to agent;\n'),
    )
    assert.match(problems.join('\n'), /^0\.1\.0: .*user_agent/m)
  })
})
