/**
 * `node scripts/release.mjs TAG`: whether the repository is ready to be published as TAG (`v1.2.3`). Every published package has that
 * version and a `repository`, they ask for each other in it, no changeset waits, CHANGELOG.md has its heading, and publish.yml
 * publishes each of them. Ends
 * with 1 otherwise.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMain, readJson, repositoryRoot } from './repository.mjs'

/** What is missing; empty when nothing is. */
export function releaseProblems({ tag, manifests, changesets, changelog, workflow }) {
  if (!/^v\d+\.\d+\.\d+$/.test(tag)) return [`${tag}: a tag is like v1.2.3`]
  const version = tag.slice(1)
  const names = new Set(manifests.map(({ name }) => name))
  return [
    ...manifests.flatMap((manifest) => manifestProblems(manifest, version, names)),
    ...changesets.map(
      (file) => `.changeset/${file}: is not part of a version: npm run next-version`,
    ),
    ...(changelog.includes(`\n## ${version} `)
      ? []
      : [`CHANGELOG.md: has no heading "## ${version}": npm run next-version`]),
    ...[...names]
      .filter((name) => !new RegExp(`\\bfor name in .*\\b${name}\\b`).test(workflow))
      .map((name) => `publish.yml: does not publish ${name}`),
  ]
}

function manifestProblems(
  { name, version, repository, dependencies, peerDependencies },
  wanted,
  names,
) {
  const others = Object.entries({ ...dependencies, ...peerDependencies })
  return [
    ...(version === wanted ? [] : [`${name}: has version ${version}, not ${wanted}`]),
    ...(repository === undefined
      ? [`${name}: has no "repository", which npm compares with the source of the provenance`]
      : []),
    ...others
      .filter(([other, range]) => names.has(other) && range !== wanted)
      .map(([other, range]) => `${name}: asks for ${other} ${range}, not ${wanted}`),
  ]
}

function readRepository(root) {
  const manifests = readdirSync(join(root, 'packages'))
    .map((folder) => readJson(join(root, 'packages', folder, 'package.json')))
    .filter((manifest) => manifest.private !== true)
  return {
    manifests,
    changesets: readdirSync(join(root, '.changeset')).filter(
      (file) => file.endsWith('.md') && file !== 'README.md',
    ),
    changelog: readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
    workflow: readFileSync(join(root, '.github/workflows/publish.yml'), 'utf8'),
  }
}

if (isMain(import.meta.url)) {
  const problems = releaseProblems({
    tag: process.argv[2] ?? '',
    ...readRepository(repositoryRoot),
  })
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
