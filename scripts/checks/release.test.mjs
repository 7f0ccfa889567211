import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { releaseProblems } from '../release.mjs'
import { repositoryRoot } from '../repository.mjs'

const repository = { type: 'git', url: 'git+ssh://git.example/a' }
const ready = {
  tag: 'v1.2.3',
  manifests: [
    { name: 'a', version: '1.2.3', repository },
    { name: 'b', version: '1.2.3', repository, dependencies: { a: '1.2.3', other: '^9.0.0' } },
  ],
  changelog: '# Changelog\n\n## 1.2.3\n',
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
    changelog: '## Unreleased\n',
    workflow: 'for name in ab; do',
  }
  assert.deepEqual(releaseProblems(given), [
    'a: has version 1.2.2, not 1.2.3',
    'b: has no "repository", which npm compares with the source of the provenance',
    'b: asks for a ^1.2.2, not 1.2.3',
    'CHANGELOG.md: has no heading "## 1.2.3": rename "Unreleased"',
    'publish.yml: does not publish a',
    'publish.yml: does not publish b',
  ])
  assert.deepEqual(releaseProblems({ ...ready, tag: '1.2.3' }), ['1.2.3: a tag is like v1.2.3'])
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
