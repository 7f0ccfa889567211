import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import { check } from './floors.mjs'

const auth = 'packages/auth/src'
const core = 'packages/core/src'

/** A repository whose files are read as TypeScript. */
const makeSources = (t, files) =>
  makeRepository(t, { 'package.json': { name: 'workspace', type: 'module' }, ...files })

const house = {
  [`${auth}/index.ts`]: "export { open } from './torii.js'\n",
  [`${auth}/torii.ts`]: "export { open } from './services/sessions/open.js'\n",
  [`${auth}/services/sessions/open.ts`]:
    "import { clock } from '../../base/clock.js'\nexport const open = clock\n",
  [`${auth}/services/users/users.ts`]:
    "import type { Clock } from '../../base/clock.js'\nexport type User = Clock\n",
  [`${auth}/base/clock.ts`]: 'export type Clock = number\nexport const clock: Clock = 1\n',
}

test('floors: a house whose imports lead downwards passes', async (t) => {
  assert.deepEqual(await check(makeSources(t, house)), [])
})

const refused = [
  [
    'a circle of folders that only types close',
    {
      [`${core}/a/one.ts`]: "import type { Two } from '../b/two.js'\nexport type One = Two\n",
      [`${core}/b/two.ts`]: "export type { Three } from '../a/three.js'\nexport type Two = 2\n",
      [`${core}/a/three.ts`]: 'export type Three = 3\n',
    },
    [`circle of folders: ${core}/a → ${core}/b → ${core}/a`],
  ],
  [
    'a circle of a folder and the folder in it, that only types close',
    {
      [`${core}/a/one.ts`]: "import type { Two } from './inner/two.js'\nexport type One = Two\n",
      [`${core}/a/inner/two.ts`]:
        "import type { Three } from '../three.js'\nexport type Two = Three\n",
      [`${core}/a/three.ts`]: 'export type Three = 3\n',
    },
    [`circle of folders: ${core}/a → ${core}/a/inner → ${core}/a`],
  ],
  [
    'a circle of files',
    {
      [`${core}/a.ts`]: "import './b.js'\n",
      [`${core}/b.ts`]: "import './c.js'\n",
      [`${core}/c.ts`]: "import './a.js'\n",
    },
    [`circle of files: ${core}/a.ts → ${core}/b.ts → ${core}/c.ts → ${core}/a.ts`],
  ],
  [
    'an import of a type that leads upwards',
    {
      ...house,
      [`${auth}/base/log.ts`]: "export type { User } from '../services/users/users.js'\n",
      [`${auth}/services/users/users.ts`]: 'export type User = 1\n',
    },
    [`${auth}/base/log.ts: leads upwards: imports ../services/users/users.ts`],
  ],
  [
    'a service that imports the service beside it',
    {
      ...house,
      [`${auth}/services/email/email.ts`]:
        "import type { User } from '../users/users.js'\nexport type Owner = User\n",
    },
    [`${auth}/services/email/email.ts: leads to a room beside: imports ../users/users.ts`],
  ],
  [
    'a file on no floor',
    { ...house, [`${auth}/helpers/clock.ts`]: 'export const now = 1\n' },
    [`${auth}/helpers/clock.ts: is on no floor of its package`],
  ],
]

for (const [what, files, problems] of refused)
  test(`floors: refuses ${what}`, async (t) => {
    assert.deepEqual(await check(makeSources(t, files)), problems)
  })

test('floors: files of one folder may refer to each other’s types, and tests to every room', async (t) => {
  const files = {
    ...house,
    [`${core}/d.ts`]: "import type { E } from './e.js'\nexport type D = E\n",
    [`${core}/e.ts`]: "import type { D } from './d.js'\nexport type E = D[]\n",
    [`${auth}/base/clock.test.ts`]: "import '../torii.js'\n",
  }
  assert.deepEqual(await check(makeSources(t, files)), [])
})
