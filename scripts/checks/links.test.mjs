import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import { anchorsOf, check } from './links.mjs'

const guide = '# Guide\n\n## Set `up`, *now*\n\n## Set up now\n\n```sh\n# not a heading\n```\n'

test('links: files, folders, anchors, other sites and code pass', (t) => {
  const readme = [
    '[a](docs/guide.md), ![b](docs/) and [c](docs/guide.md#guide "title")',
    '[ref]: ./docs/guide.md#set-up-now-1',
    '[site](https://example.com/x#y), [mail](mailto:a@example.com), [here](#read-me)',
    '`[code](nowhere.md)`',
    '```md',
    '[block](nowhere.md)',
    '```',
    '# Read me',
  ].join('\n')
  assert.deepEqual(check(makeRepository(t, { 'README.md': readme, 'docs/guide.md': guide })), [])
})

for (const link of [
  'gone.md',
  'docs/guide.md#nowhere',
  '#nowhere',
  '../outside.md',
  '/docs/guide.md',
  'docs/guide.md#not-a-heading',
])
  test(`links: refuses ${link}`, (t) => {
    const files = { 'README.md': `\n[a](${link})\n`, 'docs/guide.md': guide }
    const problems = check(makeRepository(t, files))
    assert.equal(problems.length, 1)
    assert.ok(problems[0].startsWith(`README.md:2: ${link}: `), problems[0])
  })

test('links: refuses a broken reference and a broken image tag', (t) => {
  const root = makeRepository(t, { 'a.md': '[r]: gone.md\n<img alt="" src="gone.png">\n' })
  assert.equal(check(root).length, 2)
})

test('links: anchors are those of GitHub', () => {
  const anchors = [
    ...anchorsOf('# Node 20.19, `npm ci` & Windows\n## A-b_c?\n## A-b_c!\n<a id="own"></a>\n'),
  ]
  assert.deepEqual(anchors, ['node-2019-npm-ci--windows', 'a-b_c', 'a-b_c-1', 'own'])
})
