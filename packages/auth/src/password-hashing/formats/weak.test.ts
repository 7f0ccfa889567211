import assert from 'node:assert/strict'
import { test } from 'vitest'
import { readWeakHash, weakOutput } from './weak.js'

const words = 'Grüße aus Köln'

// By passlib 1.7.4, Django 5.2.19, Python's hashlib and the tests of Ory Kratos.
const vectors: readonly (readonly [password: string, text: string])[] = [
  [words, '{MD5}KiHrJa7tc3eUMq3KlrDQMQ=='],
  [words, '{SMD5}5UFPoPtaHJifw2pLRonL0Z6zthY='],
  [words, '{SHA}XKhaC1H69mTQwp6s/eoHZJgeeB8='],
  [words, '{SSHA}74JPcXE+rI+0nXHwjbgaVzqP7VtpLcV4'],
  [words, '{SSHA256}KX2NNRA5kf0RqD4C9ccrl0aaQ8gXPyYuW5aOGemUesCNESIEIGSMcQ=='],
  [
    words,
    '{SSHA512}whnNFRygantY3ccG8E9fv7Z+ZKNYmWTJ6LZVR/xkYE7cfY64VdZIpXpM0gOUhKOgN2BwiiyOR4wK1LetGiORwmyt9R5j7F1L',
  ],
  ['test123', '{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a'],
  [words, 'md5$6APmGmkzeT5XEuZlxhbtsW$f41274e26a91354e15fc5073ea1116bd'],
  [words, 'md5$$2a21eb25aeed73779432adca96b0d031'],
  [words, 'sha1$vAS94KkbrUqp$81f22bbfda7fa3222ef84871ab5c4e6bb373778c'],
  [words, '2A21EB25AEED73779432ADCA96B0D031'],
  [words, '5ca85a0b51faf664d0c29eacfdea0764981e781f'],
  [words, '2777d72cb995ea5c9004acab23e5d09ffa4cad272349c891063d2a29a8fff866'],
  [
    words,
    'ca1813f8cdef6cfaa63419f981a116a41a934105abbce801c3301807e6a0aa35d2608477f559b6340e571d52eb24b3b2910287555a02dbb3767ded6cbe5c20ee',
  ],
  [words, '$P$5qL1BBQRjja0NoLH5UxJVlg.xoTcrz.'],
  [words, '$H$5qL1BBQRjja0NoLH5UxJVlg.xoTcrz.'],
]

test('computes what other programs hashed, and another output for another password', async () => {
  for (const [password, text] of vectors) {
    const weak = readWeakHash(text)
    assert.ok(weak, text)
    assert.equal(await weakOutput(weak.scheme, password), weak.output, text)
    assert.notEqual(await weakOutput(weak.scheme, `${password}!`), weak.output, text)
  }
})

test('phpass of many rounds lets others run in between', async () => {
  const weak = readWeakHash(`$P$E${'a'.repeat(30)}`)
  assert.ok(weak)
  let turns = 0
  const ticking = setInterval(() => {
    turns += 1
  }, 1)
  await weakOutput(weak.scheme, words)
  clearInterval(ticking)
  assert.ok(turns >= 5, `${turns}`)
})

test('refuses what is no weak hash of a known form', () => {
  for (const text of [
    '',
    '$2b$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm',
    '{SSHA}tooshort',
    '{SSHA}XKhaC1H69mTQwp6s/eoHZJgeeB8=',
    '{SHA}74JPcXE+rI+0nXHwjbgaVzqP7VtpLcV4',
    '{CRYPT}abcdefghijkl',
    'md5$salt$81f22bbfda7fa3222ef84871ab5c4e6bb373778c',
    'sha256$salt$2777d72cb995ea5c9004acab23e5d09ffa4cad272349c891063d2a29a8fff866',
    '2a21eb25aeed73779432adca96b0d03',
    `$P$Z${'a'.repeat(30)}`,
    `$P$/${'a'.repeat(30)}`,
    '$P$5qL1BBQRjja0NoLH5UxJVlg.xoTcrz',
  ])
    assert.equal(readWeakHash(text), null, text)
})
