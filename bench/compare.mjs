/** Torii beside its peers, in one run: the default of `npm run bench`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { allCells, modules } from './cells.mjs'
import { fill } from './data.mjs'
import { measure, startSubjects } from './measure.mjs'
import { createPgbench } from './pgbench.mjs'
import { validatePlot } from './plot.mjs'
import { markdown } from './report.mjs'
import { problemsOf } from './results-form.mjs'
import { findPgbench, postmasterOf, startBenchServer } from './server.mjs'
import { ratiosOf } from './targets.mjs'

const full = {
  size: { users: 200_000, sessions: 1_000_000 },
  ms: 1000,
  warmUpMs: 1000,
  leadInMs: 200,
  repetitions: 3,
}
/** Shows that every flow works, within two minutes of a busy machine; its figures mean nothing. */
const quick = {
  size: { users: 2000, sessions: 10_000 },
  ms: 200,
  warmUpMs: 0,
  leadInMs: 100,
  repetitions: 1,
}

const folder = new URL('.', import.meta.url).pathname
export const resultsFolder = join(folder, 'results')

export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
  }
}

function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim()
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' and changes')
  } catch {
    return 'unknown'
  }
}

export const versionOf = () =>
  JSON.parse(readFileSync(join(folder, '../packages/storage-postgres/package.json'), 'utf8'))
    .version

async function runCells(server, url, plan, flow, note) {
  const program = findPgbench()
  if (program === null) note('no pgbench on this machine: its rows and ratios are left out')
  const cells = allCells.filter(
    (cell) =>
      (cell.script === undefined || program !== null) &&
      (flow === null || cell.flow.includes(flow)),
  )
  if (cells.length === 0) throw new Error(`no flow contains "${flow}"`)
  const subjects = await startSubjects(Object.keys(modules), url, plan.size)
  const pgbench = program === null ? null : await createPgbench(program, url, plan.size)
  try {
    return await measure(cells, {
      ...plan,
      subjects,
      pgbench,
      postmaster: postmasterOf(server),
      note,
    })
  } finally {
    pgbench?.close()
    for (const subject of subjects.values()) await subject.close()
  }
}

async function runAll(plan, flow, note) {
  const server = await startBenchServer(plan === quick)
  try {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query('create database bench')
    await client.end()
    const url = Object.assign(new URL(server.url), { pathname: '/bench' }).href
    const filler = new pg.Client({ connectionString: url })
    await filler.connect()
    await fill(filler, url, plan.size, note)
    await filler.end()
    return { postgres: server.version, cells: await runCells(server, url, plan, flow, note) }
  } finally {
    await server.stop()
  }
}

/**
 * Runs, writes `results/latest.{json,md,svg}` and prints the table. With a `flow` only the flows that contain it run, and nothing
 * is written. Resolves to the exit status.
 */
export async function compare({ isQuick, note, flow }) {
  const plan = isQuick ? quick : full
  const startedAt = new Date().toISOString()
  const { postgres, cells } = await runAll(plan, flow, note)
  const results = {
    version: versionOf(),
    commit: commit(),
    startedAt,
    machine: machine(),
    postgres,
    data: plan.size,
    cells,
    ratios: ratiosOf(cells),
  }
  if (flow !== null) {
    console.log(markdown(results))
    return 0
  }
  mkdirSync(resultsFolder, { recursive: true })
  const write = (name, text) => writeFileSync(join(resultsFolder, name), text)
  write('latest.json', `${JSON.stringify(results, null, 1)}\n`)
  write('latest.md', markdown(results))
  write('latest.svg', validatePlot(results))
  console.log(markdown(results))
  const problems = problemsOf(JSON.parse(readFileSync(join(resultsFolder, 'latest.json'), 'utf8')))
  for (const problem of problems) console.error(problem)
  return problems.length === 0 ? 0 : 1
}
