import assert from 'node:assert/strict'
import { test } from 'vitest'
import { readWeakHash } from './formats/weak.js'
import { formatWrapped, parseWrapped } from './wrapped.js'

const argon2 =
  '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

test('reads what it writes, and names the digest, the order and the salt', () => {
  for (const [text, start] of [
    ['{SSHA}74JPcXE+rI+0nXHwjbgaVzqP7VtpLcV4', '$wrapped$d=sha1,o=password$aS3FeA$argon2id$'],
    ['md5$c2$f41274e26a91354e15fc5073ea1116bd', '$wrapped$d=md5,o=salt$YzI$argon2id$'],
    ['2a21eb25aeed73779432adca96b0d031', '$wrapped$d=md5,o=salt$$argon2id$'],
    ['$P$5qL1BBQRjja0NoLH5UxJVlg.xoTcrz.', '$wrapped$d=phpass,n=128$cUwxQkJRUmo$argon2id$'],
  ] as const) {
    const weak = readWeakHash(text)
    assert.ok(weak)
    const wrapped = { scheme: weak.scheme, argon2 }
    const stored = formatWrapped(wrapped)
    assert.ok(stored.startsWith(start), stored)
    assert.deepEqual(parseWrapped(stored), wrapped)
  }
})

test('refuses every other text', () => {
  for (const text of [
    '',
    argon2,
    `$wrapped$d=sha3,o=salt$YzI${argon2}`,
    `$wrapped$d=md5,n=7$YzI${argon2}`,
    `$wrapped$d=phpass,o=salt$YzI${argon2}`,
    `$wrapped$d=phpass,n=65537$YzI${argon2}`,
    `$wrapped$d=md5,o=salt$YzJ${argon2}`,
    '$wrapped$d=md5,o=salt$YzI',
  ])
    assert.equal(parseWrapped(text), null, text)
})
