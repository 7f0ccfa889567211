import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { versionAfter, withRelease } from '../next-version.mjs'
import { releaseProblems } from '../release.mjs'
import { readJson, repositoryRoot } from '../repository.mjs'

const repository = { type: 'git', url: 'git+ssh://git.example/a' }
const ready = {
  tag: 'v1.2.3',
  manifests: [
    { name: 'a', version: '1.2.3', repository },
    { name: 'b', version: '1.2.3', repository, dependencies: { a: '1.2.3', other: '^9.0.0' } },
  ],
  changesets: [],
  changelog: '# Changelog\n\n## 1.2.3 (2026-12-01)\n',
  workflow: 'for name in a b; do',
}

test('release: a repository that is ready has no problems', () => {
  assert.deepEqual(releaseProblems(ready), [])
})

test('release: every version, repository, heading and package that is missing is named', () => {
  const [a, b] = ready.manifests
  const manifests = [
    { ...a, version: '1.2.2' },
    { ...b, repository: undefined, dependencies: { a: '^1.2.2' } },
  ]
  const given = {
    ...ready,
    manifests,
    changesets: ['calm-gate.md'],
    changelog: '## Unreleased\n',
    workflow: 'for name in ab; do',
  }
  assert.deepEqual(releaseProblems(given), [
    'a: has version 1.2.2, not 1.2.3',
    'b: has no "repository", which npm compares with the source of the provenance',
    'b: asks for a ^1.2.2, not 1.2.3',
    '.changeset/calm-gate.md: is not part of a version: npm run next-version',
    'CHANGELOG.md: has no heading "## 1.2.3": npm run next-version',
    'publish.yml: does not publish a',
    'publish.yml: does not publish b',
  ])
  assert.deepEqual(releaseProblems({ ...ready, tag: '1.2.3' }), ['1.2.3: a tag is like v1.2.3'])
})

test('release: the changelog gets the texts of changesets as its newest version, together with what is unreleased', () => {
  const version = {
    version: '1.3.0',
    date: '2026-12-01',
    summaries: ['A [gate](../docs/gate.md).\n\nIts color.\n', 'A bell.'],
  }
  const entries =
    '## 1.3.0 (2026-12-01)\n\n- A [gate](docs/gate.md).\n\n  Its color.\n\n- A bell.\n\n'
  const before = '# Changelog\n\n'
  const older = '## 1.2.3 (2026-11-01)\n\n- Lamps.\n'
  assert.equal(withRelease(before + older, version), before + entries + older)
  const unreleased = withRelease(`${before}## Unreleased\n\n- Stairs.\n\n${older}`, version)
  assert.equal(unreleased, `${before}${entries}- Stairs.\n\n${older}`)
  assert.equal(withRelease(before, version), before + entries)
})

test('release: the next version is the greatest that a changeset asks for', () => {
  const changesets = (...types) =>
    types.map((type) => ({ releases: [{ name: 'torii-auth', type }] }))
  const increase = (old, type) => `${old} ${type}`
  assert.equal(
    versionAfter('1.2.3', changesets('patch', 'minor', 'patch'), increase),
    '1.2.3 minor',
  )
  assert.equal(versionAfter('1.2.3', changesets('patch'), increase), '1.2.3 patch')
  assert.equal(versionAfter('1.2.3', changesets('minor', 'major'), increase), '1.2.3 major')
  assert.equal(versionAfter('1.2.3', [], increase), null)
})

test('release: Changesets gives all published packages one version, and writes no changelog for each', () => {
  const { fixed, changelog, privatePackages } = readJson(
    join(repositoryRoot, '.changeset/config.json'),
  )
  const names = readdirSync(join(repositoryRoot, 'packages'))
    .map((folder) => readJson(join(repositoryRoot, 'packages', folder, 'package.json')))
    .filter((manifest) => manifest.private !== true)
    .map(({ name }) => name)
  assert.deepEqual(
    fixed.map((group) => [...group].sort()),
    [names.sort()],
  )
  assert.equal(changelog, false)
  assert.deepEqual(privatePackages, { version: false, tag: false })
})

test('release: the workflow pins its actions by commit, and has no right but to publish', () => {
  const text = readFileSync(join(repositoryRoot, '.github/workflows/publish.yml'), 'utf8')
  const uses = [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action)
  assert.ok(uses.length >= 3)
  for (const action of uses) assert.match(action, /^actions\/[a-z-]+@[0-9a-f]{40}$/)
  assert.match(text, /^permissions: \{\}$/m)
  assert.deepEqual(
    [...text.matchAll(/^ {6}([a-z-]+: (?:read|write))$/gm)].map(([, right]) => right),
    ['contents: read', 'id-token: write'],
  )
  assert.match(text, /npm publish --provenance/)
})
