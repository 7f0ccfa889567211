import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { AuthenticatorApp } from './authenticator-app.test.support.js'
import { decodeBase32, encodeBase32 } from './base32.js'
import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes.js'
import { matchingStep, newTotpSecret, readTotpCode, totpCode, totpUri } from './totp.js'

const secret = Buffer.from('12345678901234567890')

test('base 32 as in RFC 4648, section 10, without padding', () => {
  const vectors = { '': '', f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB' }
  for (const [text, encoded] of Object.entries(vectors))
    assert.equal(encodeBase32(Buffer.from(text)), encoded)
  for (const [text, encoded] of Object.entries(vectors))
    for (const form of [encoded, `${encoded}===`, ` ${encoded.toLowerCase()}-`])
      assert.equal(decodeBase32(form)?.toString(), text)
  for (const form of ['M', 'MY1', 'MZ=XQ', 'mýxq']) assert.equal(decodeBase32(form), null)
})

test('codes as in RFC 6238, appendix B, with six digits', () => {
  for (const [time, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ] as const)
    assert.equal(totpCode(secret, Math.floor(time / 30)), code)
})

test('codes as in RFC 4226, appendix D', () => {
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583']
  for (const [step, code] of codes.entries()) assert.equal(totpCode(secret, step), code)
})

test('T14.1 a code counts in its step and the next one, and only after the last accepted step', () => {
  const step = 1000
  const at = (offset: number) => totpCode(secret, step + offset)
  const match = (code: string | null, lastStep = 0) =>
    matchingStep(secret, code, { step, lastStep })
  assert.equal(match(at(0)), step)
  assert.equal(match(at(-1)), step - 1)
  for (const wrong of [at(-2), at(1), at(2), null]) assert.equal(match(wrong), null)
  assert.equal(match(at(0), step), null)
  assert.equal(match(at(-1), step - 1), null)
  assert.equal(match(at(0), step - 1), step)
})

test('a typed code may have spaces and hyphens; any other text is no code', () => {
  for (const typed of ['123456', '123 456', ' 12-34-56 '])
    assert.equal(readTotpCode(typed), '123456')
  for (const typed of ['', '12345', '1234567', '12345a', '１２３４５６', `${' '.repeat(60)}123456`])
    assert.equal(readTotpCode(typed), null)
})

test('an authenticator application reads the URI and shows the same codes', () => {
  const own = newTotpSecret()
  assert.equal(own.length, 20)
  const uri = totpUri(own, { issuer: 'Acme: Books & more', account: 'ada+1@example.com' })
  const app = new AuthenticatorApp(uri)
  assert.deepEqual([app.issuer, app.label], ['Acme  Books & more', 'ada+1@example.com'])
  assert.equal(app.secret, encodeBase32(own))
  const step = Math.floor(Date.now() / 30_000)
  assert.ok([totpCode(own, step), totpCode(own, step + 1)].includes(app.code()))
})

describe('recovery codes', () => {
  test('ten of 125 bits each, in groups, all different', () => {
    const codes = newRecoveryCodes()
    assert.equal(new Set(codes).size, 10)
    for (const code of codes)
      assert.match(code, /^[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){4}$/)
  })

  test('are recognized in lower case, without hyphens and with letters that look like digits', () => {
    const hash = (typed: string) => Buffer.from(hashRecoveryCode(typed)).toString('hex')
    const code = '01ABC-DEFGH-JKMNP-QRSTV-WXYZ1'
    const same = [
      '01abcdefghjkmnpqrstvwxyz1',
      ' OLabc defgh jkmnp qrstv wxyzi ',
      code.toLowerCase(),
    ]
    for (const typed of same) assert.equal(hash(typed), hash(code))
    assert.notEqual(hash('11ABC-DEFGH-JKMNP-QRSTV-WXYZ1'), hash(code))
  })

  test('of another form are all the empty text, which no code has', () => {
    const empty = hashRecoveryCode('')
    for (const typed of [
      'U'.repeat(25),
      '0'.repeat(24),
      '0'.repeat(26),
      `${'0'.repeat(25)}é`,
      'x'.repeat(100),
    ])
      assert.deepEqual(hashRecoveryCode(typed), empty)
    assert.notDeepEqual(hashRecoveryCode('0'.repeat(25)), empty)
  })
})
