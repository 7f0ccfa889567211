/** Compares the histories of all processes with the tables that they left. */
import { initialValues, operations, register } from './operations.mjs'
import { createRegisters } from './registers.mjs'

/** Seconds that a call may take, and the share of them that a busy machine may add. */
const callSeconds = 10
const tolerance = 1.1
/** Seconds after the end of a fault until every connection of a pool can be used again. */
const recoverySeconds = 5

/**
 * Returns the violations, each `{ kind, subject, detail }`.
 * @param calls from `readHistories`
 * @param tables from `readTables`
 * @param killed names of the processes that were killed: their calls may be unfinished
 * @param limits seconds for single operations, where a schedule asks for more than the default
 * @param recoveries `{ process, seconds }` of every look at a pool after a fault, `seconds` null for never
 */
export function check({ calls, tables, killed = [], limits = {}, recoveries = [] }) {
  return [
    ...registerViolations(calls, tables),
    ...halfDone(calls, tables),
    ...late(calls, new Set(killed), limits),
    ...unexpectedErrors(calls),
    ...recoveries.flatMap(notRecovered),
  ]
}

/** What a problem of a register means, by kind: see `explain` of registers.mjs. */
const meanings = {
  'used twice': () => 'used twice',
  lost: (kind) =>
    kind === 'disabled' ? 'disabled user is enabled again' : 'acknowledged effect lost',
  'came back': (kind) => cameBack[kind] ?? 'older value over a newer one',
  'done by a failed call': () => 'effect of a call that said nothing was done',
}
const cameBack = {
  user: 'deleted account is back',
  session: 'revoked session is alive',
  link: 'used or replaced token is alive',
  reset: 'used or replaced token is alive',
  state: 'used or replaced token is alive',
  challenge: 'used or replaced token is alive',
}

function registerViolations(calls, tables) {
  const registers = createRegisters(initialValues)
  // Also what a failed call was to write: nothing of it may be there.
  for (const call of calls)
    for (const { write, groups = [] } of intendedBy(call))
      if (write !== undefined) registers.join(write, groups)
  const listed = calls.flatMap((call) => effectsOf(call).map((effect) => ({ ...effect, call })))
  for (const effect of listed) apply(registers, effect)
  seeTables(registers, tables)
  return registers.violations().map(({ register: subject, kind, problem, calls: detail }) => ({
    kind: meanings[problem](kind),
    subject,
    detail: detail.slice(0, 4).join(', '),
  }))
}

/** The effects of a call if it succeeded. */
const intendedBy = ({ operation, input, result = {} }) =>
  operations[operation].effects(input, result)

/** The effects of a call with how sure they are: `sure`, or possible until `until`. */
function effectsOf(call) {
  const operation = operations[call.operation]
  const { input, outcome, start, end } = call
  const sure = { sure: true, start, end }
  const optional = { sure: false, bounded: true, start, end }
  const possible = (until) => ({ sure: false, start, end: until })
  if (outcome === 'ok')
    return intendedBy(call).map((each) => ({ ...each, ...(each.mayBe ? optional : sure) }))
  if (outcome === 'refused')
    return [
      ...(operation.refused?.(input) ?? []).map((each) => ({ ...each, ...sure })),
      ...onlyWrites(operation.possible?.(input) ?? []).map((each) => ({
        ...each,
        ...possible(end),
      })),
    ]
  if (outcome === 'failed') return []
  return onlyWrites(intendedBy(call)).map((each) => ({
    ...each,
    ...possible(Number.POSITIVE_INFINITY),
  }))
}

const onlyWrites = (effects) =>
  effects.filter(({ write, writeAll }) => write !== undefined || writeAll !== undefined)

function apply(registers, { write, writeAll, except, see, seeAll, use, value, call, ...when }) {
  if (write !== undefined) registers.write(write, value, when)
  if (writeAll !== undefined)
    for (const id of registers.members(writeAll))
      if (id !== except) registers.write(id, value, when)
  if (see !== undefined) registers.see(see, value, { ...when, from: call })
  if (seeAll !== undefined)
    for (const id of registers.members(seeAll)) registers.see(id, value, { ...when, from: call })
  if (use !== undefined && when.sure) registers.use(use, call)
}

/** The tables are a last sight of everything that the histories speak of. */
function seeTables(registers, tables) {
  const atEnd = Number.POSITIVE_INFINITY
  const from = { process: 'tables', call: 0, operation: 'after the run' }
  const see = (id, value) => registers.see(id, value, { start: atEnd, end: atEnd, from })
  const inTables = valuesInTables(tables)
  for (const id of registers.ids()) {
    const value = inTables(id)
    if (value !== undefined) see(id, value)
  }
}

/** The value of a register in the tables; undefined where there is no row that could have one. */
function valuesInTables({ users, sessions, tokens, ownerless, usedStates, events }) {
  const ofUser = (read) => (id) => (users.has(id) ? read(users.get(id)) : undefined)
  const readers = {
    user: (id) => (users.has(id) ? 'present' : 'absent'),
    disabled: ofUser(({ disabled }) => (disabled ? 'yes' : 'no')),
    name: ofUser(({ name }) => name),
    password: ofUser(({ password }) => password),
    session: (key) => {
      const [id, secret] = splitOnce(key, '/')
      // A token of torii-auth is not stored: its session is known by the id alone.
      const matches = /^[0-9a-f]{64}$/.test(secret) ? sessions.get(id) === secret : sessions.has(id)
      return matches ? 'live' : 'dead'
    },
    state: (hash) => (usedStates.has(hash) ? 'dead' : 'live'),
    event: (id) => (events.has(id) ? 'present' : 'absent'),
  }
  const token = (hash) => (tokens.has(hash) ? 'live' : 'dead')
  const link = (hash) => (ownerless.has(hash) ? undefined : token(hash))
  return (id) => {
    const [kind, key] = splitOnce(id, ' ')
    return (readers[kind] ?? (kind === 'link' ? link : token))(key)
  }
}

const splitOnce = (text, separator) => {
  const place = text.indexOf(separator)
  return [text.slice(0, place), text.slice(place + 1)]
}

/** An account without its email ownership row or its password, and half a transaction. */
function halfDone(calls, { users, events }) {
  const created = calls.filter(({ operation }) => operation.endsWith('.register'))
  const deleted = new Set(
    calls.filter(({ operation }) => operation === 'users.delete').map(({ input }) => input.user),
  )
  return created.flatMap(({ operation, input: { user, event } }) => {
    const stored = users.get(user)
    const missing = [
      ...(stored && !stored.ownsEmail ? ['the email ownership row'] : []),
      ...(stored && stored.password === null ? ['the password'] : []),
      ...(event !== undefined && !deleted.has(user) && events.has(event) !== users.has(user)
        ? [users.has(user) ? 'the event' : 'the account']
        : []),
    ]
    return missing.map((part) => ({
      kind: 'half done',
      subject: register.user(user),
      detail: `${operation}: ${part} is missing`,
    }))
  })
}

function late(calls, killed, limits) {
  return calls.flatMap(({ process, call, operation, start, end }) => {
    const subject = `${process}:${call} ${operation}`
    if (end === null)
      return killed.has(process) ? [] : [{ kind: 'late call', subject, detail: 'never returned' }]
    const limit = limits[operation] ?? callSeconds
    const seconds = (end - start) / 1e6
    if (seconds <= limit * tolerance) return []
    return [{ kind: 'late call', subject, detail: `${seconds.toFixed(1)} s of ${limit} s` }]
  })
}

const unexpectedErrors = (calls) =>
  calls
    .filter(({ outcome }) => outcome === 'unexpected')
    .map(({ process, call, operation, code, message }) => ({
      kind: 'unexpected error',
      subject: `${process}:${call} ${operation}`,
      detail: `${code}: ${message}`,
    }))

function notRecovered({ process, seconds }) {
  if (seconds !== null && seconds <= recoverySeconds) return []
  const detail = seconds === null ? 'not full again' : `full again after ${seconds.toFixed(1)} s`
  return [{ kind: 'pool not full', subject: process, detail }]
}
