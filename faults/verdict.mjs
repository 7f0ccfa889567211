/** What the results of schedules mean for the run, in words and as its status. */
import { existsSync } from 'node:fs'

const mostLines = 6

/**
 * The state of a result: `ok`, `failed`, `pending` or `skipped`, with the reason.
 * @param expected the entry of pending.mjs, where there is one
 */
export function assess(result, expected) {
  if (result.skipped !== undefined) return { state: 'skipped', reason: result.skipped }
  const { injected, wanted, violations } = result
  if (injected < wanted)
    return { state: 'failed', reason: `only ${injected} of ${wanted} faults were injected` }
  const unforeseen = violations.filter(({ kind }) => !expected?.violations.includes(kind))
  if (unforeseen.length > 0) return { state: 'failed', reason: 'violations' }
  if (expected === undefined) return { state: 'ok' }
  return violations.length > 0
    ? { state: 'pending', reason: expected.reason }
    : {
        state: 'failed',
        reason: `passes, though pending (${expected.reason}): take it off pending.mjs`,
      }
}

/** A line about the result, and more where there are violations. */
export function describe(result, { state, reason }) {
  const words = [state.padEnd(8), result.name.padEnd(22)]
  if (result.skipped === undefined) {
    const { seed, injected, operations, seconds } = result
    words.push(
      `seed ${seed}, ${injected} faults, ${operations} operations, ${seconds.toFixed(1)} s`,
    )
  }
  if (reason !== undefined) words.push(`(${reason})`)
  const more = state === 'failed' || state === 'pending' ? explain(result) : []
  return [words.join(' '), ...more.map((line) => `           ${line}`)].join('\n')
}

const explain = ({ violations, folder }) => [
  ...summarize(violations),
  ...(existsSync(folder) ? [`histories: ${folder}`] : []),
]

/** One line per kind of violation: how many, and the first of them. */
function summarize(violations) {
  const kinds = new Map()
  for (const each of violations) kinds.set(each.kind, [...(kinds.get(each.kind) ?? []), each])
  return [...kinds]
    .slice(0, mostLines)
    .map(([kind, all]) => `${all.length} × ${kind}: ${all[0].subject} (${all[0].detail})`)
}

/** The last lines of a run, and whether it was good: without violations, and with every fault that was stated. */
export function conclude(results, pending) {
  const ran = results.filter(({ state }) => state !== 'skipped')
  const sum = (read) => ran.reduce((total, result) => total + read(result), 0)
  const kinds = new Set(ran.map(({ name }) => name)).size
  const [injected, operations] = [sum((each) => each.injected), sum((each) => each.operations)]
  const counted = sum(({ state, violations }) => (state === 'failed' ? violations.length : 0))
  const waiting = [
    ...new Set(ran.filter(({ state }) => state === 'pending').map(({ name }) => name)),
  ]
  const named = waiting.map((name) => `${name} (${pending[name].reason})`).join(', ')
  return {
    lines: [
      ...(waiting.length > 0 ? [`pending: ${named}`] : []),
      `faults: ${kinds} kinds, ${injected} injected, ${operations} operations, ${counted} violations`,
    ],
    isGood: ran.length > 0 && ran.every(({ state }) => state === 'ok' || state === 'pending'),
  }
}
