import assert from 'node:assert/strict'
import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { test } from 'vitest'
import { InvalidInputError } from './errors.js'
import { PasswordHash, Secret, SessionToken } from './secret.js'

const text = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$b3BlbiBzZXNhbWU'
const secrets = [new PasswordHash(text), new SessionToken(text)]

for (const secret of secrets) {
  const kind = secret.constructor.name
  const holders: readonly unknown[] = [
    secret,
    [secret],
    { deep: { deeper: { deepest: [secret] } } },
    new Map<unknown, unknown>([[secret, secret]]),
    new Set([secret]),
    new Error('outer', { cause: new Error('inner', { cause: secret }) }),
    Object.assign(new Error('with a member'), { secret }),
    new AggregateError([secret], 'many'),
    Object.create(secret),
  ]

  test(`${kind} gives its text only when asked to`, () => {
    assert.equal(secret.reveal(), text)
    assert.ok(secret instanceof Secret)
  })

  test(`${kind} is redacted in templates, concatenation and String()`, () => {
    for (const shown of [
      `${secret}`,
      `a ${String(secret)}`,
      ''.concat(String(secret)),
      [secret].join(),
      secret.toString(),
      secret.toLocaleString(),
    ])
      assert.match(shown, /\[redacted\]$/)
    assert.equal(Reflect.apply(String.prototype.concat, '', [secret]), '[redacted]')
  })

  test(`${kind} is redacted in JSON`, () => {
    assert.equal(JSON.stringify(secret), '"[redacted]"')
    assert.equal(JSON.stringify({ a: [{ secret }] }), '{"a":[{"secret":"[redacted]"}]}')
  })

  test(`${kind} is redacted under util.inspect, however deep and with every option`, () => {
    assert.equal(inspect(secret), '[redacted]')
    for (const holder of holders)
      for (const options of [
        {},
        { showHidden: true, depth: null },
        { customInspect: false, depth: null },
        { showProxy: true, getters: true, showHidden: true, depth: null, customInspect: false },
      ])
        assertHidden(inspect(holder, options))
  })

  test(`${kind} is redacted by format and console`, () => {
    for (const holder of holders) {
      for (const directive of ['%s', '%o', '%O', '%j', '%d', '%i'])
        if (directive !== '%j' || !(holder instanceof Map)) assertHidden(format(directive, holder))
      const stream = new PassThrough()
      const console = new Console(stream)
      console.log(holder, holder)
      console.dir(holder, { depth: null, showHidden: true })
      console.table([{ holder }])
      assertHidden(String(stream.read()))
    }
  })

  test(`${kind} shows nothing to code that walks over objects`, () => {
    assert.deepEqual(
      [
        Object.entries(secret),
        Object.values(secret),
        Object.getOwnPropertyNames(secret),
        Object.getOwnPropertySymbols(secret),
      ],
      [[], [], [], []],
    )
    assert.deepEqual({ ...secret }, {})
    const seen: string[] = []
    for (const name in secret) seen.push(name)
    assert.deepEqual(seen, [])
  })

  test(`${kind} is lost by cloning, not shown`, () => {
    assertHidden(inspect(structuredClone(secret), { showHidden: true }))
    assertHidden(JSON.stringify(structuredClone({ secret })))
    assertHidden(serialize(secret).toString('latin1'))
  })

  test(`${kind} does not show in the error of a wrong use`, () => {
    assert.throws(
      () => Reflect.apply(secret.reveal, {}, []),
      (error) => {
        assertHidden(inspect(error, { showHidden: true, depth: null }))
        return error instanceof TypeError
      },
    )
  })
}

test('one kind of secret does not compile as the other', () => {
  // @ts-expect-error a token is no hash
  const hash: PasswordHash = new SessionToken(text)
  // @ts-expect-error a text is no hash
  const plain: PasswordHash = text
  assert.ok(!(hash instanceof PasswordHash) && typeof plain === 'string')
})

function assertHidden(shown: string): void {
  assert.ok(!shown.includes('b3BlbiBzZXNhbWU') && !shown.includes('argon2id$'), 'the text shows')
}

test('a password hash is a text of 1 to 512 bytes that PostgreSQL can hold', () => {
  for (const text of ['x', 'x'.repeat(512)]) assert.equal(new PasswordHash(text).reveal(), text)
  const bad: readonly unknown[] = [
    ...['', 'x'.repeat(513), 'é'.repeat(257), 'nul\0', '\ud800', 'x'.repeat(1 << 20)],
    ...[null, undefined, 7, {}, ['x'], new String('x'), Symbol('x')],
  ]
  for (const value of bad)
    assert.throws(() => Reflect.construct(PasswordHash, [value]), InvalidInputError)
})
