import assert from 'node:assert/strict'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { newSession, signUp } from './races/people.test.support.js'
import { openRaceStorage } from './races/race-storage.test.support.js'
import { createRetryLog } from './retry-log.test.support.js'

test('a deadlock is retried work, and named by its SQLSTATE', async () => {
  const { database, storage, retried, late } = await openRaceStorage(await testDatabase())
  const { id } = await signUp(storage)
  assert.equal((await storage.sessions.open(id, newSession())).ok, true)
  const holder = await database.connect()
  // The other side of the deadlock never looks for one, so the storage is the one that is ended.
  await holder.query(`set deadlock_timeout = '1min'`)
  await holder.query('begin')
  await holder.query('select 1 from torii.sessions where user_id = $1 for update', [id])
  const disabling = storage.users.disable(id)
  const waiting = `select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  while ((await database.query(waiting)).rows.length === 0);
  await holder.query('select 1 from torii.users where id = $1 for update', [id])
  await holder.query('rollback')
  assert.equal((await disabling)?.id, id)
  assert.deepEqual([retried, late], [['users.disable not-committed 40P01'], []])
})

test('what took too long is told apart from what other work was the reason for', () => {
  const { retried, late, log } = createRetryLog()
  const event = { level: 'warn', event: 'retried', operation: 'users.find' } as const
  const states = ['57014', '55P03', '23514', '40P01', '40001', '25006']
  for (const sqlState of states) log({ ...event, code: 'not-committed', sqlState })
  log({ ...event, code: 'not-sent' })
  log({ ...event, code: 'not-sent', sqlState: '53300' })
  log({ ...event, code: 'ambiguous' })
  const stateOf = (line: string) => line.split(' ').slice(1).join(' ')
  assert.deepEqual(late.map(stateOf), [
    'not-committed 57014',
    'not-committed 55P03',
    'not-committed 23514',
    'not-sent',
  ])
  assert.deepEqual(retried.map(stateOf), [
    'not-committed 40P01',
    'not-committed 40001',
    'not-committed 25006',
    'not-sent 53300',
    'ambiguous',
  ])
})
