/**
 * What callers that wait hold: `node --expose-gc memory.mjs URL` prints JSON. Ten thousand validations at once,
 * counted while none is answered, and again when all are.
 */
import { randomBytes } from 'node:crypto'
import { newSessionId, newUserId, tokenHash } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'

const callers = 10_000

const storage = await PostgresStorage.connect(process.argv[2])
await storage.migrate()
const session = {
  id: newSessionId(),
  secretHash: tokenHash(randomBytes(32)),
  methods: ['password'],
  ip: null,
  userAgent: null,
  idleSeconds: 1000,
  absoluteSeconds: 10_000,
}
const userId = newUserId()
await storage.users.register({ id: userId, email: 'somebody@example.com', session })
const key = () => ({
  userId,
  id: session.id,
  secretHash: tokenHash(Buffer.from(session.secretHash)),
})
const all = () =>
  Array.from({ length: callers }, () => storage.sessions.validate(key(), { touchSeconds: 60 }))

function heap() {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

await Promise.all(all())
const before = heap()
const waiting = all()
const during = heap()
await Promise.all(waiting)
waiting.length = 0
console.log(
  JSON.stringify({
    callers,
    heapKibWaiting: (during - before) / 1024,
    heapKibLeft: (heap() - before) / 1024,
    rssMib: process.memoryUsage().rss / 2 ** 20,
  }),
)
await storage.close()
