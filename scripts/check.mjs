/**
 * `npm run check`: every promise about the repository itself. The checks first prove on fixtures that they
 * can fail, then all run, also after a failure, and one line each says how it went.
 * `npm run check -- NAME` runs one of them (and `types` before it when it reads compiled files).
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as docs from './checks/docs.mjs'
import * as faults from './checks/faults.mjs'
import * as files from './checks/files.mjs'
import * as floors from './checks/floors.mjs'
import * as generated from './checks/generated.mjs'
import * as imports from './checks/imports.mjs'
import * as language from './checks/language.mjs'
import * as links from './checks/links.mjs'
import * as lint from './checks/lint.mjs'
import * as locks from './checks/locks.mjs'
import * as names from './checks/names.mjs'
import * as packages from './checks/packages.mjs'
import * as parameters from './checks/parameters.mjs'
import * as promises from './checks/promises.mjs'
import * as site from './checks/site.mjs'
import * as sizes from './checks/sizes.mjs'
import * as types from './checks/type-check.mjs'
import * as unused from './checks/unused.mjs'
import { repositoryRoot, runNode } from './repository.mjs'

const selfTest = {
  name: 'self-test',
  check(root) {
    const folder = join(root, 'scripts/checks')
    const tests = readdirSync(folder).filter((file) => file.endsWith('.test.mjs'))
    const { ok, output } = runNode(root, ['--test', ...tests.map((file) => join(folder, file))])
    return ok ? [] : [output]
  },
}

const checks = [
  selfTest,
  types,
  lint,
  imports,
  floors,
  parameters,
  promises,
  faults,
  generated,
  docs,
  links,
  packages,
  sizes,
  unused,
  locks,
  files,
  language,
  names,
  site,
]

/** The checks to run for the given name, null when there is none of that name. */
function choose(wanted) {
  if (wanted === undefined) return checks
  const chosen = checks.find(({ name }) => name === wanted)
  if (!chosen) return null
  return chosen.needsBuild ? [types, chosen] : [chosen]
}

/** Runs one check and prints its problems; returns its line of the summary. */
async function run({ name, check }) {
  const started = performance.now()
  const problems = await Promise.resolve(repositoryRoot)
    .then(check)
    .catch((error) => [error.stack ?? String(error)])
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (problems.length > 0) console.log(`\n== ${name}\n${problems.join('\n')}`)
  return { ok: problems.length === 0, name, seconds }
}

const chosen = choose(process.argv[2])
if (chosen) {
  const results = []
  for (const one of chosen) results.push(await run(one))
  console.log()
  for (const { ok, name, seconds } of results)
    console.log(`${ok ? 'ok    ' : 'failed'}  ${name.padEnd(10)} ${seconds.padStart(6)} s`)
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
} else {
  console.error(`no such check; there are: ${checks.map(({ name }) => name).join(', ')}`)
  process.exitCode = 2
}
