/**
 * `npm run faults [-- OPTIONS]`: injects faults under load and checks what was promised.
 *
 *   --list               names every schedule and every control
 *   --fault NAME         only this schedule (may be repeated)
 *   --seed N             the seed (default: 1)
 *   --soak [MINUTES]     the large sizes, again and again with the next seeds for so long (default: 45)
 *   --controls           with each protection switched off the violation must be reported
 */
import { rmSync } from 'node:fs'
import { controls } from './controls.mjs'
import { pending } from './pending.mjs'
import { builtProduct, patchedProduct } from './product.mjs'
import { closeAll, runSchedule } from './runner.mjs'
import { schedules } from './schedules.mjs'
import { assess, conclude, describe } from './verdict.mjs'
import { createSharedServer } from './world.mjs'

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
    console.log(describe(result, verdict))
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
    console.log(describe(result, { state, reason }))
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
    const { lines, isGood } = conclude(results, pending)
    for (const line of lines) console.log(line)
    process.exitCode = isGood ? 0 : 1
  } finally {
    await shared.stop()
  }
}

await main().catch((error) => {
  console.error(error.message)
  process.exitCode = 2
})
