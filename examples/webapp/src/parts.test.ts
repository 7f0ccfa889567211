import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'vitest'
import { toPage } from './document.js'
import { field, link, muted, relative } from './parts.js'

const now = new Date('2026-11-28T12:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const textOf = (markup: { toString(): unknown }) => String(markup).replace(/<[^>]*>/g, '')
const source = new URL('../src/', import.meta.url)

test('times are shown in words, and a skewed clock never shows a past time as a future one', () => {
  assert.equal(textOf(relative(after(-30), now)), 'just now')
  assert.equal(textOf(relative(after(-60 * 5), now)), '5 minutes ago')
  assert.equal(textOf(relative(after(-86_400 * 3), now)), '3 days ago')
  assert.equal(textOf(relative(after(600), now)), 'just now')
  assert.equal(textOf(relative(after(3600 * 2), now, true)), 'in 2 hours')
  assert.equal(textOf(relative(after(-600), now, true)), 'in under a minute')
})

test('an input has its label, and refers to its error and hint', () => {
  const markup = String(field('x', 'X', { hint: 'A hint' }))
  assert.match(markup, /<label for="x">X<\/label>/)
  assert.match(markup, /<input id="x"[^>]* aria-describedby="x-error x-hint"\/>/)
  assert.match(markup, /<span id="x-error"[^>]*aria-live="polite">/)
  assert.match(markup, /<span id="x-hint"[^>]*>A hint</)
})

test('text is escaped in elements, in attributes and in the title of a page', async () => {
  const text = `<script>alert('1')</script>"&`
  const safe = '&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;'
  assert.equal(String(muted(text)), `<p class="muted">${safe}</p>`)
  assert.equal(String(link(text, text)), `<a href="${safe}">${safe}</a>`)
  const page = String(await toPage({ title: text, content: muted(text), base: '' }))
  assert.match(
    page,
    new RegExp(`<title>${safe.replaceAll('(', '\\(').replaceAll(')', '\\)')}</title>`),
  )
  assert.ok(!page.includes('<script'))
})

test('an object that only looks like markup is escaped or refused', () => {
  // As JSON of a request or of the database could bring it.
  const forged = JSON.parse(
    '{"isEscaped":true,"tag":"script","props":{"dangerouslySetInnerHTML":1}}',
  )
  assert.doesNotMatch(String(muted(forged)), /<script/)
})

test('markup without escaping is only in the document, for the import map', async () => {
  const found: string[] = []
  for (const path of await readdir(source, { recursive: true })) {
    if (!/\.tsx?$/.test(path) || path.includes('.test.')) continue
    const text = await readFile(new URL(path, source), 'utf8')
    for (const [way] of text.matchAll(/\braw\(|dangerouslySetInnerHTML|isEscaped|innerHTML/g))
      found.push(`${path}: ${way}`)
  }
  assert.deepEqual(found, ['document.tsx: raw('])
})
