import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll } from 'vitest'
import { PostgresStorage } from '../index.js'
import { runHere } from './terminal.test.support.js'

/** A database to import into, and what tests do with it again and again. */
export async function openImports() {
  const folder = await mkdtemp(join(tmpdir(), 'torii-import-'))
  const database = await testDatabase()
  const storage = await PostgresStorage.connect(database.url)
  afterAll(async () => {
    await storage.close()
    await rm(folder, { recursive: true })
  })

  const secret = randomBytes(32).toString('base64url')
  const bcrypt = '$2y$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'

  async function file(text: string): Promise<string> {
    const path = join(folder, randomUUID())
    await writeFile(path, text)
    return path
  }

  const lines = (...records: readonly object[]) =>
    file(records.map((record) => JSON.stringify(record)).join('\n'))

  async function importFile(words: readonly string[], url = database.url, more = {}) {
    const env = { DATABASE_URL: url, TORII_KEYS: `k1:${secret}`, ...more }
    return runHere(['import', ...words], env)
  }

  async function report(words: readonly string[], url = database.url, more = {}) {
    const { status, stdout, stderr } = await importFile([...words, '--json'], url, more)
    assert.equal(status, 0, `${stdout}${stderr}`)
    return JSON.parse(stdout)
  }

  /** The users of the file whose ids start so, with what belongs to them. */
  const usersOf = async (source: string, db = database) =>
    (
      await db.query(
        `select m.source_id, u.email, u.email_verified_at is not null as verified, u.name, u.metadata,
           u.disabled_at is not null as disabled, p.hash, e.email_key,
           (select count(*)::int from torii.oauth_accounts a where a.user_id = u.id) as accounts
         from torii.imported_users m join torii.users u on u.id = m.user_id
         left join torii.passwords p on p.user_id = u.id left join torii.user_emails e on e.user_id = u.id
         where m.source = $1 order by m.source_id`,
        [source],
      )
    ).rows

  /** Everything that an import writes, without the times of writing and the ciphertexts, which are different each time. */
  async function tables(db: TestDatabase) {
    const { rows } = await db.query(
      `select (select jsonb_agg(to_jsonb(u) - 'updated_at' order by u.id) from torii.users u) as users,
         (select jsonb_agg(to_jsonb(e) order by e.email_key) from torii.user_emails e) as emails,
         (select jsonb_agg(to_jsonb(p) - 'updated_at' order by p.user_id) from torii.passwords p) as passwords,
         (select jsonb_agg(to_jsonb(a) order by a.id) from torii.oauth_accounts a) as accounts,
         (select jsonb_agg(to_jsonb(i) - 'expires_at' order by i.key) from torii.imported_sessions i) as sessions,
         (select jsonb_agg(to_jsonb(k) order by k.id) from torii.passkeys k) as passkeys,
         (select jsonb_agg(to_jsonb(f) - 'secret' order by f.user_id) from torii.totp_factors f) as factors,
         (select jsonb_agg(to_jsonb(c) order by c.user_id, c.code_hash) from torii.recovery_codes c) as codes,
         (select jsonb_agg(to_jsonb(m) - 'imported_at' order by m.source_id) from torii.imported_users m) as mapped`,
    )
    return rows[0]
  }

  /** A public key as COSE, in base64url. */
  function coseKey(): string {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const head = Buffer.from('a5010203262001215820', 'hex')
    const parts = [head, Buffer.from(x, 'base64url'), Buffer.from('225820', 'hex')]
    return Buffer.concat([...parts, Buffer.from(y, 'base64url')]).toString('base64url')
  }

  return {
    coseKey,
    folder,
    storage,
    database,
    secret,
    bcrypt,
    file,
    lines,
    importFile,
    report,
    usersOf,
    tables,
  }
}
