/**
 * `npm run faults [-- OPTIONS]`: injects faults under load and checks what was promised.
 *
 *   --list               names every schedule and every control
 *   --fault NAME         only this schedule (may be repeated)
 *   --seed N             the seed (default: 1)
 *   --soak [MINUTES]     the large sizes, again and again with the next seeds for so long (default: 45)
 *   --controls           with each protection switched off the violation must be reported
 */
import { existsSync, rmSync } from 'node:fs'
import { controls } from './controls.mjs'
import { pending } from './pending.mjs'
import { builtProduct, patchedProduct } from './product.mjs'
import { closeAll, runSchedule } from './runner.mjs'
import { schedules } from './schedules.mjs'
import { createSharedServer } from './world.mjs'

const mostLines = 6

function readOptions(words) {
  const options = { mode: 'small', seed: 1, names: [], minutes: 45 }
  const takeNumber = (fallback) => (/^\d+$/.test(words[0] ?? '') ? Number(words.shift()) : fallback)
  while (words.length > 0) {
    const word = words.shift()
    if (word === '--list') options.mode = 'list'
    else if (word === '--controls') options.mode = 'controls'
    else if (word === '--soak') Object.assign(options, { mode: 'soak', minutes: takeNumber(45) })
    else if (word === '--seed') options.seed = takeNumber(Number.NaN)
    else if (word === '--fault') options.names.push(words.shift())
    else
      throw new Error(
        `unknown option ${word}: --list, --fault NAME, --seed N, --soak [MINUTES], --controls`,
      )
  }
  const unknown = options.names.find((name) => !schedules.some((each) => each.name === name))
  if (unknown !== undefined) throw new Error(`no schedule ${unknown}: see --list`)
  if (Number.isNaN(options.seed)) throw new Error('--seed: a whole number must follow')
  return options
}

/** What a result says about the run: `ok`, `failed`, `pending` or `skipped`, with the reasons. */
function assess(result, expected) {
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

function print(result, { state, reason }) {
  const words = [state.padEnd(8), result.name.padEnd(22)]
  if (result.skipped === undefined) {
    const { seed, injected, operations, seconds } = result
    words.push(
      `seed ${seed}, ${injected} faults, ${operations} operations, ${seconds.toFixed(1)} s`,
    )
  }
  if (reason !== undefined) words.push(`(${reason})`)
  console.log(words.join(' '))
  if (state !== 'failed' && state !== 'pending') return
  for (const line of summarize(result.violations)) console.log(`           ${line}`)
  if (existsSync(result.folder)) console.log(`           histories: ${result.folder}`)
}

/** One line per kind of violation: how many, and the first of them. */
function summarize(violations) {
  const kinds = new Map()
  for (const each of violations) kinds.set(each.kind, [...(kinds.get(each.kind) ?? []), each])
  return [...kinds]
    .slice(0, mostLines)
    .map(([kind, all]) => `${all.length} × ${kind}: ${all[0].subject} (${all[0].detail})`)
}

const errorResult = (schedule, error) => ({
  name: schedule.name,
  seed: 0,
  injected: 0,
  wanted: schedule.small.faults,
  operations: 0,
  seconds: 0,
  folder: '-',
  violations: [
    { kind: 'error of the run', subject: schedule.name, detail: error.stack ?? String(error) },
  ],
})

/** Removes the histories of violations that were expected. */
const forget = ({ folder }) => rmSync(folder, { recursive: true, force: true })

/** Runs the schedules: those that mostly wait together, the others one after the other. */
async function runAll(chosen, options) {
  const results = []
  const one = async (schedule) => {
    const result = await runSchedule(schedule, options).catch((error) =>
      errorResult(schedule, error),
    )
    const verdict = assess(result, pending[schedule.name])
    if (verdict.state === 'pending' && !options.keepsHistories) forget(result)
    print(result, verdict)
    results.push({ ...result, ...verdict })
  }
  await Promise.all(chosen.filter(({ isQuiet }) => isQuiet).map(one))
  for (const schedule of chosen.filter(({ isQuiet }) => !isQuiet)) await one(schedule)
  return results
}

async function soak(chosen, options, minutes) {
  const end = performance.now() + minutes * 60_000
  const results = []
  for (let { seed } = options; results.length === 0 || performance.now() < end; seed += 1)
    for (const schedule of chosen) {
      if (results.length >= chosen.length && performance.now() > end) break
      results.push(...(await runAll([schedule], { ...options, seed })))
    }
  return results
}

/** Runs each control of the chosen schedules: what it expects must be among the violations. */
async function runControls(chosen, options) {
  const results = []
  for (const control of controls.filter(({ schedule }) => chosen.includes(schedule))) {
    const { schedule, expects } = control
    const result = await runControl(control, options).catch((error) => errorResult(schedule, error))
    const isReported = result.violations?.some(({ kind }) => kind === expects)
    const state = result.skipped !== undefined ? 'skipped' : isReported ? 'ok' : 'failed'
    const reason =
      result.skipped ?? `without ${control.protection}: ${isReported ? expects : `no "${expects}"`}`
    print(result, { state, reason })
    if (isReported) forget(result)
    results.push({ ...result, state, violations: isReported ? [] : (result.violations ?? []) })
  }
  return results
}

async function runControl({ schedule, patches = [], weights, settings }, options) {
  const { product, remove } = patchedProduct(patches)
  return runSchedule(schedule, { ...options, product, patches, weights, settings }).finally(remove)
}

function list() {
  for (const { name, fault } of schedules)
    console.log(
      `${name.padEnd(22)} ${fault}${pending[name] ? ` (pending: ${pending[name].reason})` : ''}`,
    )
  console.log('\ncontrols')
  for (const { schedule, protection, expects } of controls)
    console.log(`${schedule.name.padEnd(22)} without ${protection}: ${expects}`)
}

/** The last line of a run, and whether it was good. */
function conclude(results) {
  const ran = results.filter(({ state }) => state !== 'skipped')
  const sum = (read) => ran.reduce((total, result) => total + read(result), 0)
  const kinds = new Set(ran.map(({ name }) => name)).size
  const counted = sum(({ state, violations }) => (state === 'failed' ? violations.length : 0))
  const waiting = new Set(ran.filter(({ state }) => state === 'pending').map(({ name }) => name))
  if (waiting.size > 0)
    console.log(
      `pending: ${[...waiting].map((name) => `${name} (${pending[name].reason})`).join(', ')}`,
    )
  console.log(
    `faults: ${kinds} kinds, ${sum(({ injected }) => injected)} injected, ${sum(({ operations }) => operations)} operations, ${counted} violations`,
  )
  return ran.length > 0 && ran.every(({ state }) => state === 'ok' || state === 'pending')
}

async function main() {
  const options = readOptions(process.argv.slice(2))
  if (options.mode === 'list') return list()
  const chosen = schedules.filter(
    ({ name }) => options.names.length === 0 || options.names.includes(name),
  )
  const shared = createSharedServer()
  const interrupt = async () => {
    await closeAll()
    await shared.stop()
    process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt)
  try {
    const given = {
      keepsHistories: options.names.length > 0,
      kind: options.mode === 'soak' ? 'soak' : 'small',
      seed: options.seed,
      product: builtProduct,
      shared,
    }
    const results =
      options.mode === 'controls'
        ? await runControls(chosen, given)
        : options.mode === 'soak'
          ? await soak(chosen, given, options.minutes)
          : await runAll(chosen, given)
    process.exitCode = conclude(results) ? 0 : 1
  } finally {
    await shared.stop()
  }
}

await main().catch((error) => {
  console.error(error.message)
  process.exitCode = 2
})
