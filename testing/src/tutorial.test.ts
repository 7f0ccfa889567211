import assert from 'node:assert/strict'
import { test } from 'vitest'
import { tutorialBlocks } from './tutorial.js'

test('a page is read as its commands, servers and files, in their order', () => {
  const page = [
    'Text with `code`.',
    '```sh',
    'npm init --yes',
    'npm test',
    '```',
    '```js ignore: a file',
    '// server.js',
    'serve()',
    '```',
    '```html',
    '<!-- index.html -->',
    '```',
    '```sh ignore: server',
    'NODE_ENV=production node server.js',
    '```',
    '',
  ].join('\n')
  assert.deepEqual(tutorialBlocks(page), [
    { kind: 'commands', lines: ['npm init --yes', 'npm test'] },
    { kind: 'file', path: 'server.js', text: '// server.js\nserve()\n' },
    { kind: 'file', path: 'index.html', text: '<!-- index.html -->\n' },
    { kind: 'server', line: 'NODE_ENV=production node server.js' },
  ])
  assert.throws(() => tutorialBlocks('```js\nserve()\n```\n'), /names no file: serve/)
})
