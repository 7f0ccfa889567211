/** What writes cost at one size: milliseconds one after the other, WAL, page images, and how touches stay in their page. */
import { randomBytes, randomUUID } from 'node:crypto'
import { newSessionId, newUserId, PasswordHash, rateLimitKey, tokenHash } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { emailOf, secretHashOf, secretOf, sessionIdOf, userIdOf } from './keys.mjs'
import { median } from './measure.mjs'
import { anySession, must } from './subjects/sessions-of.mjs'

const policy = {
  cap: 1_000_000,
  windowSeconds: 1000,
  lockSeconds: 1000,
  maxLockSeconds: 1000,
  limit: 1_000_000,
  forgetSeconds: 100_000,
}
const hash = new PasswordHash(`$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`)
const charge = () => ({ key: rateLimitKey(randomBytes(32)), policy })
const session = () => ({
  id: newSessionId(),
  secretHash: tokenHash(randomBytes(32)),
  methods: ['password'],
  ip: '192.0.2.1',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  idleSeconds: 604_800,
  absoluteSeconds: 2_592_000,
})

/** Flows without their hashing; each takes the numbers of some session and its user. */
const flows = (storage) => ({
  async register() {
    const made = await storage.users.register({
      id: newUserId(),
      email: `${randomUUID()}@example.com`,
      passwordHash: hash,
      session: session(),
    })
    must(made.ok, 'account')
  },
  async 'sign in'({ user }) {
    const charges = { account: charge(), ipAddress: charge() }
    const { credential } = await storage.passwords.findForSignIn({ email: emailOf(user), charges })
    const refund = { account: charges.account.key, ipAddress: charges.ipAddress.key }
    const opened = await storage.passwords.signIn({ credential, session: session(), refund })
    must(opened.ok, 'sign-in')
  },
  async touch({ n, user }) {
    const key = {
      userId: userIdOf(user),
      id: sessionIdOf(n),
      secretHash: tokenHash(secretHashOf(secretOf(n))),
    }
    await storage.sessions.touch(key, { idleSeconds: 604_800, touchSeconds: 1 })
  },
  revokeAll: ({ user }) => storage.sessions.revokeAll(userIdOf(user)),
})

async function walOf(client) {
  const { rows } = await client.query('select wal_bytes::float8, wal_fpi::float8 from pg_stat_wal')
  return rows[0]
}

/** A backend adds what it wrote to the totals when it has been idle for a while, and when it ends. */
async function measureFlow(client, url, name, size, times) {
  await client.query('checkpoint')
  const before = await walOf(client)
  const storage = await PostgresStorage.connect(url)
  const flow = flows(storage)[name]
  const milliseconds = []
  for (let n = 0; n < times; n += 1) {
    const numbers = anySession(size)
    const started = performance.now()
    await flow(numbers)
    milliseconds.push(performance.now() - started)
  }
  await storage.close()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const after = await walOf(client)
  const per = (column) => (after[column] - before[column]) / times
  return { ms: median(milliseconds), walBytes: per('wal_bytes'), pageImages: per('wal_fpi') }
}

async function hotShare(client) {
  const { rows } = await client.query(`
    select n_tup_upd::float8 as all, n_tup_hot_upd::float8 as hot from pg_stat_user_tables
    where schemaname = 'torii' and relname = 'sessions'`)
  return rows[0].hot / rows[0].all
}

/** Each flow after a checkpoint, so the first change of a page writes the whole page: the worst of every day. */
export async function measureWrites(client, url, size, times) {
  const results = {}
  results.touch = await measureFlow(client, url, 'touch', size, times)
  results.touch.hotShare = await hotShare(client)
  for (const name of ['register', 'sign in', 'revokeAll'])
    results[name] = await measureFlow(client, url, name, size, times)
  return results
}
