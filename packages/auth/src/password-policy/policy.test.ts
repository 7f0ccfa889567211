import assert from 'node:assert/strict'
import { test } from 'vitest'
import { loadCommonPasswords } from './common-passwords.js'
import { checkPassword } from './policy.js'

const context = {
  email: 'Anna.Schmidt1985@example.com',
  name: 'Anna Lena Schmidt',
  host: 'shop.example.org',
}
const common = await loadCommonPasswords()
const validatePassword = (text: string, minLength = 15) =>
  checkPassword(text, context, { minLength, common })

function reasonOf(text: string, minLength?: number): string | null {
  const validated = validatePassword(text, minLength)
  return validated.ok ? null : validated.problem.reason
}

const accepted = [
  'correct horse battery staple',
  'Anna Lena Schmidt is my name',
  'my mother wrote 1985',
  `${'x'.repeat(14)}y`,
  'пароль длинный и хороший',
  '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆',
  'dragon 8374659213',
  'passwords are hard to choose',
  'anna went to the shop once',
  'x7qk2m9ax7qk2m9a',
  `${'ab'.repeat(31)}cd`,
  `${'🦊'.repeat(255)}x`,
]
for (const text of accepted)
  test(`accepted: ${text.slice(0, 30)}`, () => assert.equal(reasonOf(text), null))

test('length is counted in code points after NFC', () => {
  assert.equal(reasonOf('fourteen chars'), 'too_short')
  assert.equal(reasonOf('🦊🐻🐼🐨🐯🦁🐮'), 'too_short')
  assert.equal(reasonOf('a\u0301e\u0301i\u0301o\u0301u\u0301y\u0301xx'), 'too_short')
  assert.equal(reasonOf('eleven char', 8), null)
  assert.equal(reasonOf(`${'🦊'.repeat(256)}x`), 'too_long')
  assert.equal(reasonOf(`${'x1'.repeat(128)}y`), 'too_long')
  assert.equal(reasonOf('x'.repeat(1_048_576)), 'too_long')
  // 256 Korean syllables, spelled as 768 letters by some keyboards.
  const korean = Array.from({ length: 256 }, (_, at) =>
    String.fromCodePoint(0xac01 + 28 * at),
  ).join('')
  assert.equal(reasonOf(korean.normalize('NFD')), null)
})

test('both spellings of an accented letter are one password', () => {
  const composed = validatePassword('crème brûlée à la carte')
  assert.deepEqual(validatePassword('crème brûlée à la carte'.normalize('NFD')), composed)
  assert.ok(composed.ok)
})

test('half a surrogate pair and NUL are malformed', () => {
  assert.equal(reasonOf('correct horse \ud83e battery'), 'malformed')
  assert.equal(reasonOf('correct horse \0 battery'), 'malformed')
})

const guessable = [
  ' '.repeat(15),
  '              x',
  'a'.repeat(15),
  'abababababababab',
  'ABABABABABABABAB',
  '121212121212121',
  '123456789012345',
  '987654321098765',
  'abcdefghijklmnop',
  'zyxwvutsrqponmlk',
  'xyzabcdefghijklmn',
  'qwertyuiopasdfgh',
  'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐ',
  'anna.schmidt1985@example.com',
  'Anna.Schmidt1985',
  'ANNA.SCHMIDT1985 2024',
  '12 anna.schmidt1985',
  'example.com example.com',
  'Anna Lena Schmidt',
  'annalenaschmidt',
  'AnnaLenaSchmidt2024',
  'Ａｎｎａ Ｌｅｎａ Ｓｃｈｍｉｄｔ',
  'shop.example.org',
  '000shop.example.org000',
  'schmidt-schmidt-2024',
  '!!Anna.Schmidt1985!!',
  'x7qk2x7qk2x7qk2',
]
for (const text of guessable)
  test(`T8.99: guessable: ${text}`, () => assert.equal(reasonOf(text), 'guessable'))

const usual = [
  'passwordpassword',
  'Password Password',
  'PASSWORD-password-1',
  'monkey2024!monkey',
  '!!!superman!!!!',
  'p a s s w o r d 1 2',
  'ＰａｓｓｗｏｒｄＰａｓｓｗｏｒｄ',
  '1qaz2wsx3edc4rfv',
  'qwertyuiop12345',
  'P@ssw0rd P@ssw0rd',
  '1234567887654321',
]
for (const text of usual)
  test(`T8.99: common: ${text}`, () => assert.equal(reasonOf(text), 'common'))

test('T8.99: where eight characters are enough, the common ones of eight are refused', () => {
  for (const text of ['Football', 'iloveyou', '1q2w3e4r', 'sunshine1', 'Passw0rd', 'dragon99'])
    assert.equal(reasonOf(text, 8), 'common')
  assert.equal(reasonOf('vq7-kzpw', 8), null)
})

test('every refusal has a sentence for the person, without the password', () => {
  const refused = ['short', 'x'.repeat(2000), 'malformed \ud800 password', 'a'.repeat(15)]
  for (const text of [...refused, 'passwordpassword']) {
    const validated = validatePassword(text)
    assert.ok(!validated.ok)
    assert.match(validated.problem.message, /^[A-Z].*\.$/)
    assert.ok(!validated.problem.message.includes(text))
  }
})

test('an account without a name, and a hostile name, are judged like any', () => {
  const policy = { minLength: 15, common }
  assert.ok(checkPassword('correct horse battery', { ...context, name: null }, policy).ok)
  assert.ok(
    checkPassword('correct horse battery', { ...context, name: '1'.repeat(200) }, policy).ok,
  )
})
