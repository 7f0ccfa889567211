import assert from 'node:assert/strict'
import { test } from 'vitest'
import { readForeignHash } from './formats.js'

const words = 'Grüße aus Köln'
const passlib =
  '$pbkdf2-sha512$1000$F6LUmtPaG6M0Zuyd8x5jjA$O.9V/KDCpF2.lZppTI7K6Jfs0dMQMKJG4JVUpGQQRRa7'
const signer =
  'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
const supabaseSigner =
  'ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw=='

/** Hashes that other programs made: whose, of which password. */
const vectors: readonly (readonly [source: string, password: string, hash: string])[] = [
  // libxcrypt 4.4.33.
  ['bcrypt 2a', words, '$2a$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'],
  ['bcrypt 2b', words, '$2b$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'],
  ['bcrypt 2y', words, '$2y$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'],
  ['bcrypt 2x', 'plain ascii', '$2x$04$abcdefghijklmnopqrstuuOA2t3T19uKNKcb9zBKYhjI17dQCyHca'],
  // The tests of Ory Kratos.
  ['bcrypt of Go', 'test', '$2a$12$o6hx.Wog/wvFSkT/Bp/6DOxCtLRTDj7lm9on9suF/WaCGNVHbkfL6'],
  // Python's hashlib.scrypt with the parameters of Better Auth, of the password in NFKC.
  [
    'Better Auth',
    'ﬁve Ｇrüße',
    '9dd4e461268c8034f5c8564e155c67a6:272111b109405c497e1f5c1d9429864de798bf355f69f4a5c0a742dd90208505ef456b9cf0cdd81e8ba5a1239a38b851c7aef0b2c6dc16f776d358f57ab52b7d',
  ],
  // The README of github.com/firebase/scrypt, and the tests of Supabase Auth.
  [
    'Firebase',
    'user1password',
    `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${signer}$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==`,
  ],
  [
    'Supabase of Firebase',
    'mytestpassword',
    `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${supabaseSigner}$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==`,
  ],
  // Django 5.2.19.
  [
    'Django PBKDF2-SHA-256',
    words,
    'pbkdf2_sha256$12000$QkR3b2xxZmVmZmFh$NGLmB7Tv0PSSbtncVwju7EuqAS5tDig9+KfRleVKT3w=',
  ],
  [
    'Django PBKDF2-SHA-1',
    words,
    'pbkdf2_sha1$1000000$luW3lz4nH8hY1AxLMxNOfs$n1oAnhBdn8Fa7F1syk+KMnnsbWo=',
  ],
  [
    'Django Argon2',
    words,
    'argon2$argon2id$v=19$m=102400,t=2,p=8$Q05zcnlCNmFRa3QyWUQ0YmxpV1loWQ$QUGl/Mj1FnvN+EkilXH4bXdHl26sHzWo3HBHyq5CVV4',
  ],
  [
    'Django bcrypt of SHA-256',
    words,
    'bcrypt_sha256$$2b$12$VhQwGTZyDaxqDVY84Z5SI.JHPvIYSdIjTsdkXYx11YwlKA15mU9zK',
  ],
  ['Django bcrypt', words, 'bcrypt$$2b$12$cgNnNF8X9sOnMIGxGwLG3OLyW4LBnoPr9Yh590OiZWqaGXoxNs2mS'],
  [
    'Django scrypt',
    words,
    'scrypt$16384$bFYDmLii63CR24Ugjd9gRV$8$5$b2ErEk4FiicPEkLn8IGS4U4dQ4TnRUg2+TlD6RgFTlycIpJpO5i8B2Id0fQT6Eh+pbtC0i1WJcYIWXYE5tfbFw==',
  ],
  // Python's hashlib.pbkdf2_hmac with the parameters of Keycloak, and the tests of Ory Kratos.
  [
    'Keycloak SHA-1',
    words,
    '$pbkdf2-sha1$i=27500,l=64$dKiRdEJrQDBxAuFlN0q4qw$69ziZRnbY8MNOglz9evoU8gc8QhmjXy0DEuWOtdGbzyWcv4wooQjvx9xzFaSbrCPGzOvsFG/876a4nfSyDMj1Q',
  ],
  [
    'Keycloak SHA-256',
    words,
    '$pbkdf2-sha256$i=27500,l=64$2Nim0unh+5kwK0eaj+VA1A$JyXCXX41IaOT63S7EMl2qxtVBhcCS0p/H2R3VADi+jGgVGaLD7vnTWEIp054gRqNWlIAs/l3W99i5ArK2G4f6Q',
  ],
  [
    'Keycloak SHA-512',
    words,
    '$pbkdf2-sha512$i=210000,l=64$eVIQUcXEUmNUOTqXTVYUWA$3b78Bf0eOLlVX/cNs2M91OZgXRjGrfskvXuJpCCGsNsmocfp8+X1kD0R8HSiZG35uAUJvVY7BWegaHwpAkm/9A',
  ],
  [
    'Kratos PBKDF2',
    'test',
    '$pbkdf2-sha256$i=100000,l=32$1jP+5Zxpxgtee/iPxGgOz0RfE9/KJuDElP1ley4VxXc$QJxzfvdbHYBpydCbHoFg3GJEqMFULwskiuqiJctoYpI',
  ],
  // The reference implementation of Argon2, by argon2-cffi.
  [
    'Argon2d, version 16',
    words,
    '$argon2d$v=16$m=1024,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$0iFcRYxlrKLBhALdQjSN5GLQtV28qISF6Z5exzNml3A',
  ],
  [
    'Argon2d',
    words,
    '$argon2d$v=19$m=1024,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$3DaZ62965LtdjOMhv5l0RK6qGleTlpSB8rijmxiwPvs',
  ],
  [
    'Argon2i, without its version 16',
    words,
    '$argon2i$m=1024,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$g6O3Od2UZBl+HeouHKrrCUi0iiyOg3CPNUa7gyngrqs',
  ],
  [
    'Argon2i',
    words,
    '$argon2i$v=19$m=1024,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$nX3OWwTGV18sZsA7nBUEUJsvezBbQkLbNTvtyTLYMls',
  ],
  [
    'Argon2id, version 16',
    words,
    '$argon2id$v=16$m=1024,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$l1sI7WlC6LsL+jqGq9yC3uEd0Y9MB/oq4+CK1eRUrIs',
  ],
]

test('verifies what other programs hashed, and no other password', async () => {
  for (const [source, password, text] of vectors) {
    const hash = readForeignHash(text)
    assert.ok(hash, source)
    assert.equal(await hash.matches(password), true, source)
    assert.equal(await hash.matches(`${password}!`), false, source)
    assert.equal(hash.provesAllOf(password), true, source)
  }
})

test('a hash that differs in its last character matches nothing', async () => {
  for (const [source, password, text] of vectors) {
    const at = text.endsWith('=') ? text.search(/=+$/) - 2 : text.length - 2
    const other = text[at] === 'a' ? 'b' : 'a'
    const hash = readForeignHash(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)
    if (hash !== null) assert.equal(await hash.matches(password), false, source)
  }
})

test('a 2x hash of letters outside ASCII matches nothing', async () => {
  const hash = readForeignHash('$2x$04$abcdefghijklmnopqrstuuEYn1/Y9c.WI5YkKmy9dRiH1hPeyQoJi')
  assert.equal(await hash?.matches(words), false)
})

test('T8.92 bcrypt reads 72 bytes as its source did, and says that it proves no more', async () => {
  // libxcrypt 4.4.33, of 72 times the letter a, and of 80 times.
  const hash = readForeignHash('$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe')
  assert.ok(hash)
  for (const length of [72, 73, 80])
    assert.equal(await hash.matches('a'.repeat(length)), true, `${length}`)
  assert.equal(await hash.matches('a'.repeat(71)), false)
  assert.deepEqual(
    [72, 73].map((length) => hash.provesAllOf('a'.repeat(length))),
    [true, false],
  )
  assert.equal(hash.provesAllOf('é'.repeat(37)), false)
})

test('bcrypt with NUL matches whole, as in Node.js, and cut, as in crypt(3), and is not replaced', async () => {
  // @node-rs/bcrypt of 'a\0b', libxcrypt of 'plain ascii'.
  const whole = readForeignHash('$2b$04$fvuHxuv.785.5z.2FfnZBuL3EUVnKywELhrkBNOmTn06pnSk4VPk6')
  const cut = readForeignHash('$2b$04$abcdefghijklmnopqrstuuOA2t3T19uKNKcb9zBKYhjI17dQCyHca')
  assert.ok(whole && cut)
  assert.deepEqual(
    [await whole.matches('a\0b'), await whole.matches('a'), await whole.matches('a\0c')],
    [true, false, false],
  )
  assert.equal(await cut.matches('plain ascii\0rest'), true)
  assert.equal(cut.provesAllOf('plain ascii\0rest'), false)
})

const bcryptRest = 'R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'
const output32 = `${'A'.repeat(42)}A=`
const output64 = `${'A'.repeat(85)}A==`
const fire = (cost: string, key = signer) =>
  `$fbscrypt$v=1,${cost},ss=Bw==,sk=${key}$42xEC+ixf3L2lw==$${output64}`
const kratos = (parameters: string) =>
  `$pbkdf2-sha256$${parameters}$2Nim0unh+5kwK0eaj+VA1A$${'A'.repeat(43)}`

const refused: readonly (readonly [why: string, text: string])[] = [
  ['nothing', ''],
  ['bcrypt below its least cost', `$2b$03$${bcryptRest}`],
  ['bcrypt of some seconds', `$2b$15$${bcryptRest}`],
  ['bcrypt of days', `$2b$31$${bcryptRest}`],
  ['the first bcrypt', `$2$12$${bcryptRest}`],
  ['a short bcrypt', `$2b$12$${bcryptRest.slice(1)}`],
  ['a new line after bcrypt', `$2b$12$${bcryptRest}\n`],
  ['Better Auth with a short key', `${'a'.repeat(32)}:${'a'.repeat(126)}`],
  ['Better Auth in capitals', `${'A'.repeat(32)}:${'A'.repeat(128)}`],
  ['Firebase of 4 GiB', fire('n=22,r=8,p=1')],
  ['Firebase of much work', fire('n=14,r=8,p=17')],
  ['Firebase of next to no work', fire('n=4,r=8,p=1')],
  ['Firebase with another signer key', fire('n=14,r=8,p=1', 'AAAAAAAAAAAAAAAAAAAAAA==')],
  ['Django scrypt, no power of two', `scrypt$16385$salt$8$5$${output64}`],
  ['Django scrypt of 2 GiB', `scrypt$2097152$salt$8$1$${output64}`],
  ['Django scrypt of much work', `scrypt$131072$salt$8$3$${output64}`],
  ['Django scrypt of next to no work', `scrypt$2$salt$1$1$${output64}`],
  ['Django PBKDF2 of one round', `pbkdf2_sha256$1$salt$${output32}`],
  ['Django PBKDF2 of 999 rounds', `pbkdf2_sha256$999$salt$${output32}`],
  ['Django PBKDF2 of many rounds', `pbkdf2_sha256$3000001$salt$${output32}`],
  ['Django PBKDF2, a leading zero', `pbkdf2_sha256$012000$salt$${output32}`],
  ['Django PBKDF2, no salt', `pbkdf2_sha256$12000$$${output32}`],
  ['Django PBKDF2, a long salt', `pbkdf2_sha256$12000$${'é'.repeat(65)}$${output32}`],
  ['Django PBKDF2, a short output', `pbkdf2_sha256$12000$salt$AAAAAAAAAAAAAAAAAAAA`],
  ['a long PBKDF2 output counts twice', `pbkdf2_sha256$1600000$salt$${output64}`],
  ['Kratos PBKDF2 with another length', kratos('i=100000,l=64')],
  ['Kratos PBKDF2 of many rounds', kratos('i=100000000,l=32')],
  ['PBKDF2 in the form of passlib', passlib],
  [
    'Argon2i of 4 TiB',
    '$argon2i$v=19$m=4294967,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$nX3OWwTGV18sZsA7nBUEUJsvezBbQkLbNTvtyTLYMls',
  ],
  [
    'Argon2d of no passes',
    '$argon2d$v=19$m=1024,t=0,p=1$MDEyMzQ1Njc4OWFiY2RlZg$nX3OWwTGV18sZsA7nBUEUJsvezBbQkLbNTvtyTLYMls',
  ],
  ['MD5', '2a21eb25aeed73779432adca96b0d031'],
  ['MD5 of Django', 'md5$6APmGmkzeT5XEuZlxhbtsW$f41274e26a91354e15fc5073ea1116bd'],
  ['SHA-1 of Django', 'sha1$vAS94KkbrUqp$81f22bbfda7fa3222ef84871ab5c4e6bb373778c'],
  ['salted SHA-512', '{SSHA512}whnNFRygantY3ccG8E9fv7Z+ZKNYmWTJ6LZVR/xkYE7cfY64'],
  ['phpass', '$P$5qL1BBQRjja0NoLH5UxJVlg.xoTcrz.'],
  ['a megabyte', `pbkdf2_sha256$12000$${'a'.repeat(1_048_576)}$${output32}`],
]

for (const [why, text] of refused)
  test(`refuses ${why}`, () => {
    assert.equal(readForeignHash(text), null)
  })
