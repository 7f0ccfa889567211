import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { InvalidOptionsError } from 'torii-core'
import { test } from 'vitest'
import { resolveOptions } from '../services/options/options.js'

const baseUrl = 'https://app.example'

test('basePath is /auth by default, and may be any plain path', () => {
  assert.equal(resolveOptions({ baseUrl }).basePath, '/auth')
  for (const basePath of ['/auth', '/api/auth', '/API/sign_in-v2/x'])
    assert.equal(resolveOptions({ baseUrl, basePath }).basePath, basePath)
})

test('basePath must start with one slash, end without one, and need no other spelling', () => {
  for (const basePath of [
    '',
    '/',
    'auth',
    'auth/',
    '/auth/',
    '//auth',
    '/api//auth',
    '/.',
    '/..',
    '/api/../auth',
    '/a.b',
    '/auth?x=1',
    '/auth#x',
    '/auth\n',
    '/a b',
    '/a%20b',
    '/a;b',
    '/ä',
    '\\auth',
    'https://app.example/auth',
    7,
    null,
    ['/auth'],
  ])
    assert.throws(
      () => resolveOptions({ baseUrl, basePath: basePath as string }),
      (error) => error instanceof InvalidOptionsError && error.message.includes('basePath'),
      String(basePath),
    )
})

/** The two places that may name the default: the option, and the browser client, which imports nothing. */
const exceptions = ['browser/client.ts', 'services/options/defaults.ts']

const source = new URL('../../src/', import.meta.url)

/** Comments may name the default. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')

test('no source names the default base path, except the option and the browser client', async () => {
  const files = (await readdir(source, { recursive: true }))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
  assert.ok(files.length > 150)
  const naming = []
  for (const file of files) {
    const text = await readFile(new URL(file, source), 'utf8')
    if (/\/auth(?![\w-])/.test(withoutComments(text))) naming.push(file)
  }
  assert.deepEqual(naming.sort(), exceptions)
  const client = await readFile(new URL('browser/client.ts', source), 'utf8')
  assert.match(client, /defaultBasePath = '\/auth'\n/)
})
