/**
 * `npm run next-version`: turns the files of `.changeset` into the next version. Changesets sets it in every package.json; then
 * CHANGELOG.md gets their texts, the source that repeats the version is changed, and so is the lock file.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { changesetsFolder } from './changeset.mjs'
import { installOwnPackages } from './own-packages.mjs'
import { isMain, repositoryRoot } from './repository.mjs'

/** Files in which a line repeats the version of the packages. Tests compare the first two with package.json. */
const repeating = [
  ['packages/core/src/copies.ts', "coreVersion = 'VERSION'"],
  ['packages/auth/src/opentelemetry/opentelemetry.ts', "instrumentationVersion = 'VERSION'"],
  ['docs/comparison.md', '| Torii | VERSION |'],
  ['docs/create.md', '-VERSION.tgz'],
]

/** The changelog with the texts of changesets as its newest version. What stands below "Unreleased" belongs to it. */
export function withRelease(changelog, { version, date, summaries }) {
  const entries = summaries.map((summary) => {
    const [first = '', ...rest] = summary.trim().replaceAll('](../', '](').split('\n')
    return [`- ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))].join('\n')
  })
  const heading = `## ${version} (${date})\n\n${entries.map((entry) => `${entry}\n\n`).join('')}`
  if (changelog.includes('\n## Unreleased\n\n'))
    return changelog.replace('## Unreleased\n\n', () => heading)
  const newest = changelog.search(/^## /m)
  const at = newest < 0 ? changelog.length : newest
  return changelog.slice(0, at) + heading + changelog.slice(at)
}

/**
 * The version after `old`: the greatest of what the changesets ask for. Changesets itself makes every change of torii-auth a major one,
 * because torii-storage-postgres has it as a peer and may then find another version; here both always have the same.
 */
export function versionAfter(old, changesets, increase) {
  const asked = changesets.flatMap(({ releases }) => releases.map(({ type }) => type))
  const greatest = ['major', 'minor', 'patch'].find((type) => asked.includes(type))
  return greatest === undefined ? null : increase(old, greatest)
}

/** Sets the version in every package.json and deletes the changesets; returns what was done, or null without a changeset. */
async function applyChangesets(root) {
  const load = createRequire(join(changesetsFolder, 'package.json'))
  const packages = await load('@manypkg/get-packages').getPackages(root)
  const config = await load('@changesets/config').read(root, packages)
  const plan = await load('@changesets/get-release-plan').default(root)
  const published = new Set(config.fixed.flat())
  const { oldVersion } = plan.releases.find(({ name }) => published.has(name)) ?? {}
  const version = versionAfter(oldVersion, plan.changesets, load('semver').inc)
  if (version === null) return null
  const releases = plan.releases.map((release) => ({
    ...release,
    newVersion: published.has(release.name) ? version : release.oldVersion,
  }))
  await load('@changesets/apply-release-plan').default({ ...plan, releases }, packages, config)
  return { oldVersion, version, summaries: plan.changesets.map(({ summary }) => summary) }
}

async function nextVersion(root) {
  installOwnPackages(changesetsFolder)
  const applied = await applyChangesets(root)
  if (applied === null) {
    console.error('There is no changeset: describe a change by "npm run changeset" first.')
    return 1
  }
  const { oldVersion, version, summaries } = applied
  const change = (path, edit) => {
    const file = join(root, path)
    writeFileSync(file, edit(readFileSync(file, 'utf8')))
  }
  const date = new Date().toISOString().slice(0, 10)
  change('CHANGELOG.md', (text) => withRelease(text, { version, date, summaries }))
  for (const [path, form] of repeating) {
    const [from, to] = [oldVersion, version].map((one) => form.replace('VERSION', one))
    change(path, (text) => text.replaceAll(from, to))
  }
  const lock = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund']
  const installed = spawnSync('npm', lock, { cwd: root, stdio: 'inherit' })
  if (installed.status !== 0) return 1
  console.log(
    `Version ${version}. Read CHANGELOG.md, then go on with "Releasing" in CONTRIBUTING.md.`,
  )
  return 0
}

if (isMain(import.meta.url)) process.exitCode = await nextVersion(repositoryRoot)
