import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sitePath } from '../../site/contents.mjs'
import { deadLinks } from '../../site/dead-links.mjs'
import { homePage, toSitePage, writePages } from '../../site/pages.mjs'
import { shortText } from '../../site/texts.mjs'
import { repositoryRoot } from '../repository.mjs'
import { makeRepository } from './fixture.mjs'

test('site: documents have short addresses, and what is no document has none', () => {
  assert.deepEqual(
    ['README.md', 'docs/README.md', 'docs/a.md', 'docs/internals/README.md'].map(sitePath),
    ['start.md', 'contents.md', 'a.md', 'internals/index.md'],
  )
  assert.equal(sitePath('decisions/0001-x.md'), 'decisions/0001-x.md')
  assert.equal(sitePath('docs/images/a.png'), 'images/a.png')
  assert.deepEqual(['samples/nextjs', 'packages/core/README.md'].map(sitePath), [null, null])
})

test('site: links lead to pages, others become their text, and code stays as it is', () => {
  const page = (...lines) => toSitePage('docs/internals/a.md', lines.join('\n'))
  assert.equal(
    page('[b](../b.md#x) and ![c](plots/c.svg)'),
    '[b](../b.md#x) and ![c](./plots/c.svg)',
  )
  assert.equal(page('[two\nlines](../../README.md)'), '[two\nlines](../start.md)')
  assert.equal(
    page('[`code`](../../samples/x) [t](https://a.example)'),
    '`code` [t](https://a.example)',
  )
  assert.equal(page('`[x](../../gone)` and `` [`x`](y) ``'), '`[x](../../gone)` and `` [`x`](y) ``')
  const titles = new Map([['docs/b.md', 'Bees']])
  assert.equal(
    toSitePage('docs/a.md', '[b.md](b.md#x) [B](b.md)', titles),
    '[Bees](./b.md#x) [B](./b.md)',
  )
  assert.equal(
    page('```ts ignore: in samples/x', '[x](../../gone)', '```', '~~~js continues', '~~~'),
    '```ts\n[x](../../gone)\n```\n~~~js\n~~~',
  )
})

test('site: a document that the table of contents leaves out fails', (t) => {
  const listed = { 'docs/README.md': '## Start\n\n| [A](a.md) | a |\n', 'docs/a.md': '# A\n' }
  const root = makeRepository(t, { ...listed, 'docs/b.md': '# B\n' })
  assert.throws(() => writePages(root, join(root, 'out')), /does not list docs\/b\.md$/)
})

test('site: the home page has the words of README.md', () => {
  const { text, picture } = homePage(readFileSync(join(repositoryRoot, 'README.md'), 'utf8'))
  const { hero, features } = JSON.parse(text.replaceAll('---\n', ''))
  assert.equal(hero.name, 'Torii')
  assert.equal(hero.image.src, `/${picture}`)
  assert.ok(features.length >= 3)
  for (const { title, details } of features) assert.doesNotMatch(title + details, /[*`[\]]/)
  assert.throws(() => homePage('# Title\n\nText\n\n'), /no first paragraph, picture or list/)
})

test('site: llms.txt has the title, the summary, and a list per section', () => {
  const pages = [{ text: 'A', path: 'docs/a.md', topic: 'about a' }]
  assert.equal(
    shortText('# Torii\n\nTwo\nlines.\n\nMore', [{ title: 'Start', pages }]),
    '# Torii\n\n> Two lines.\n\n## Start\n\n- [A](a.md): about a\n',
  )
})

test('site: links to missing files and headings are dead, under any base', (t) => {
  const html = (body) => `<h2 id="a&amp;b">x</h2>${body}`
  const links = ['./b.html#a&amp;b', '/base/', '/base/b.html', 'https://a.example', '#a&amp;b']
  const dead = ['./b.html#c', '/base/c.html', '/elsewhere.html', '/base/f/', '#no']
  const root = makeRepository(t, {
    'index.html': html([...links, ...dead].map((link) => `<a href="${link}">`).join('')),
    'b.html': html(''),
  })
  assert.deepEqual(
    deadLinks(root, '/base/'),
    dead.map((link) => `index.html: ${link}`),
  )
})

test('site: every figure of the comparisons is one of the benchmark', () => {
  const read = (path) => readFileSync(join(repositoryRoot, path), 'utf8')
  const measured = read('docs/internals/benchmark.md')
  for (const path of ['README.md', 'docs/comparison.md']) {
    const rows = [...read(path).matchAll(/^\| [^|]*, (?:\d+ callers?) \|(.*)\|$/gm)]
    const figures = rows.flatMap(([, cells]) => cells.match(/[\d,]+/g) ?? [])
    assert.ok(figures.length >= 10, path)
    for (const figure of figures)
      assert.ok(measured.includes(`| ${figure} |`), `${path}: ${figure}`)
    for (const [row] of rows)
      if (/read a session.*64|create a session/.test(row)) assert.match(row, /\(batched\)/)
  }
})
