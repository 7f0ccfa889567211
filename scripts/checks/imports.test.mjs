import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import { check } from './imports.mjs'

const core = {
  'package.json': { name: 'workspace', devDependencies: { 'fast-check': '1.0.0' } },
  'packages/core/package.json': {
    name: 'torii-core',
    exports: { '.': './dist/index.js' },
  },
  'packages/core/src/index.ts': "export * from './ids.js'\n",
  'packages/core/src/ids.ts':
    "import { randomUUID } from 'node:crypto'\nexport const id = randomUUID()\n",
  'packages/core/src/ids.test.ts':
    "import fc from 'fast-check'\nimport { id } from './ids.js'\nfc(id)\n",
  'packages/conformance/package.json': {
    name: 'torii-conformance',
    dependencies: { 'torii-core': '0' },
  },
  'packages/conformance/src/index.ts':
    "import assert from 'node:assert/strict'\nimport { id } from 'torii-core'\nassert(id)\n",
}
const storage = {
  ...core,
  'packages/storage-postgres/package.json': {
    name: 'torii-storage-postgres',
    exports: { '.': './dist/index.js' },
    dependencies: { pg: '8', 'torii-core': '0', express: '5' },
    peerDependencies: { '@electric-sql/pglite': '0.5' },
  },
  'packages/storage-postgres/src/index.ts': "import 'pg'\nexport { id } from 'torii-core'\n",
  'packages/storage-postgres/src/driver/pglite-driver.ts':
    "export const open = () => import('@electric-sql/pglite')\n",
}

test('imports: a one-way tree passes', (t) => {
  assert.deepEqual(check(makeRepository(t, storage)), [])
})

test('imports: a sample is its framework’s to judge', (t) => {
  const sample = {
    ...core,
    'samples/kit/package.json': { name: 'sample' },
    'samples/kit/src/page.ts': "import './$types'\nimport 'torii-core'\n",
  }
  assert.deepEqual(check(makeRepository(t, sample)), [])
  const { 'samples/kit/package.json': manifest, 'samples/kit/src/page.ts': page } = sample
  const elsewhere = { 'examples/kit/package.json': manifest, 'examples/kit/src/page.ts': page }
  assert.equal(check(makeRepository(t, { ...core, ...elsewhere })).length, 2)
})

const bad = [
  ['packages/core/src/a.ts', "import 'node:fs'", /a\.ts:1: "node:fs" is not allowed/],
  ['packages/core/src/a.ts', "import 'node:assert/strict'", /is not allowed/],
  ['packages/core/src/a.ts', "import type { P } from 'pg'", /"pg" is not declared/],
  ['packages/core/src/a.ts', "export type A = import('pg').P", /"pg" is not declared/],
  [
    'packages/core/src/a.ts',
    "\n\nexport * from '../../auth/src/b.js'",
    /a\.ts:3: .*leaves the src folder/,
  ],
  ['packages/core/src/a.ts', "import './gone.js'", /does not exist/],
  ['packages/core/src/a.ts', "import './ids.test.js'", /is a test/],
  ['packages/core/src/a.ts', "import './x.test.support.js'", /does not exist/],
  ['packages/core/src/a.test.ts', "import 'express'", /"express" is not declared/],
  [
    'packages/storage-postgres/src/a.ts',
    "import 'torii-core/dist/ids.js'",
    /is not an entry point/,
  ],
  ['packages/storage-postgres/src/a.ts', "import 'express'", /"express" is not allowed/],
  [
    'packages/storage-postgres/src/a.ts',
    "void import('@electric-sql/pglite')",
    /may only be imported in/,
  ],
  [
    'packages/storage-postgres/src/driver/pglite-driver.ts',
    "import '@electric-sql/pglite'",
    /must be loaded by import/,
  ],
]

const auth = {
  ...storage,
  'packages/auth/package.json': {
    name: 'torii-auth',
    exports: { '.': './dist/index.js', './smtp': './dist/mail/smtp.js' },
    peerDependencies: { nodemailer: '10' },
  },
  'packages/auth/src/mail/smtp.ts': "export { createTransport } from 'nodemailer'\n",
  'packages/auth/src/mail/smtp.test.ts': "import './smtp.js'\n",
}

test('imports: an entry point may need an optional package, and no one else imports it', (t) => {
  assert.deepEqual(check(makeRepository(t, auth)), [])
  const problems = check(
    makeRepository(t, {
      ...auth,
      'packages/auth/src/index.ts': "export * from './mail/smtp.js'\n",
      'packages/auth/src/other.ts': "import 'nodemailer'\n",
    }),
  )
  assert.equal(problems.length, 2, problems.join('\n'))
  assert.match(problems[0], /index\.ts:1: .*is an entry point with an optional package/)
  assert.match(problems[1], /other\.ts:1: "nodemailer" is not allowed/)
})

for (const [path, text, expected] of bad)
  test(`imports: refuses ${text.trim()} in ${path}`, (t) => {
    const problems = check(makeRepository(t, { ...storage, [path]: `${text}\n` }))
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0], expected)
  })
