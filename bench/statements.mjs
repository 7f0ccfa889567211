/** Counts the statements that `pg` is asked for, in every copy of it that this process uses. */
import { createRequire } from 'node:module'

let sent = 0

function count(pg) {
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function counted(...given) {
    sent += 1
    return query.apply(this, given)
  }
}

const copies = [
  createRequire(import.meta.url),
  createRequire(import.meta.resolve('torii-storage-postgres')),
].map((require) => require('pg'))
for (const pg of new Set(copies)) count(pg)

export const statementsSent = () => sent
