import assert from 'node:assert/strict'
import { test } from 'vitest'
import { chooseLanguage } from './accept-language.js'

const choose = (header: string | null, ...offered: string[]) => {
  const [first = 'en', ...others] = offered
  return chooseLanguage(header, [first, ...others])
}

test('chooseLanguage() takes the best quality, then the order of the header', () => {
  assert.equal(choose('de', 'en', 'de'), 'de')
  assert.equal(choose('fr, de;q=0.5, en;q=0.8', 'en', 'de'), 'en')
  assert.equal(choose('en;q=0.7,de;q=0.8', 'en', 'de'), 'de')
  assert.equal(choose('de,en', 'en', 'de'), 'de')
  assert.equal(choose('en;q=0.9, de ; q=0.9', 'de', 'en'), 'en')
})

test('chooseLanguage() shortens a range, and finds a region of it', () => {
  assert.equal(choose('de-AT', 'en', 'de'), 'de')
  assert.equal(choose('de-Latn-AT-1996', 'en', 'de', 'de-Latn'), 'de-Latn')
  assert.equal(choose('pt', 'en', 'pt-BR'), 'pt-BR')
  assert.equal(choose('PT-br', 'en', 'pt', 'pt-BR'), 'pt-BR')
  assert.equal(choose('den', 'en', 'de'), 'en')
})

test('chooseLanguage() knows * and q=0', () => {
  assert.equal(choose('*', 'en', 'de'), 'en')
  assert.equal(choose('fr, *;q=0.1', 'de', 'en'), 'de')
  assert.equal(choose('en;q=0, *', 'en', 'de'), 'de')
  assert.equal(choose('de;q=0', 'en', 'de'), 'en')
  assert.equal(choose('en;q=0', 'en'), 'en')
})

test('chooseLanguage() takes the first language without a header, or where nothing fits', () => {
  for (const header of [null, '', 'fr', ',', ';q=1', 'de;q=2', 'de;q=', 'de;level=1', 'd e', '<b>'])
    assert.equal(choose(header, 'en', 'de'), 'en', String(header))
})

test('T10.183 a header of any length is read in bounded time, and gives a language of the site', () => {
  const started = performance.now()
  for (const header of [
    'a'.repeat(1_000_000),
    'x,'.repeat(500_000),
    `${'-'.repeat(500_000)}de`,
    `${'fr;q=0.1,'.repeat(100_000)}de`,
    `fr${' '.repeat(500_000)};q=1, de`,
  ])
    assert.equal(choose(header, 'en', 'de'), 'en')
  assert.ok(performance.now() - started < 1000)
})
