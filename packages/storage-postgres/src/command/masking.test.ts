import assert from 'node:assert/strict'
import { test } from 'vitest'
import { createMask, maskConnectionUrls } from './masking.js'

test('the password of the URL is masked as it is written and as it is decoded', () => {
  const mask = createMask(['postgresql://app:p%40ss.w*rd@db.example/app'])
  assert.equal(mask('p%40ss.w*rd and "p@ss.w*rd"'), '*** and "***"')
  const parameter = createMask(['postgresql:///app?host=/run&password=s%3Fcret&sslmode=require'])
  assert.equal(parameter('s?cret, s%3Fcret'), '***, ***')
  // With an @ that is not encoded, the password goes to the last one.
  assert.equal(createMask(['postgresql://app:a@b@db.example/app'])('(a@b)'), '(***)')
})

test('a short password stays a part of other words', () => {
  const mask = createMask(['postgresql://app:app@localhost/app'])
  assert.equal(mask('the application app'), 'the application ***')
})

test('the password of any other URL is masked', () => {
  const mask = createMask([])
  assert.equal(
    mask('cannot reach postgresql://app:other@h1:5432/app'),
    'cannot reach postgresql://app:***@h1:5432/app',
  )
  assert.equal(mask('smtp://app:other@mail.example'), 'smtp://app:***@mail.example')
  assert.equal(
    mask('https://example.com/a:b and a@b.example'),
    'https://example.com/a:b and a@b.example',
  )
})

/** Every way in which a person can get the password `s3cret/of+it` into a URL, most of them wrong. */
const urls = [
  'postgresql://app:s3cret%2Fof%2Bit@db.example/app',
  'postgresql://app:s3cret%2fof%2bit@db.example/app',
  'postgresql://app:s3cret/of+it@db.example/app',
  'postgresql://app:s3cret/of+it@db.example/app?application_name=a@b',
  'postgresql://app:s3cret/of+it@h1:5432,h2:5433/app',
  'postgresql://:s3cret/of+it@db.example/app',
  'postgres:/app:s3cret/of+it@db.example/app',
  'postgresql//app:s3cret/of+it@db.example/app',
  'mysql://app:s3cret/of+it@db.example/app',
  'app:s3cret/of+it@db.example/app',
  's3cret/of+it@db.example',
  'postgresql://db.example/app?password=s3cret/of%2Bit',
  'postgresql://db.example/app?sslmode=require&p%61ssw%6Frd=s3cret%2Fof%2Bit',
  'postgresql://db.example/app?sslpassword=s3cret%2Fof%2Bit#part',
  'host=db.example password=s3cret/of+it',
]

for (const url of urls)
  test(`the password is found in ${url}`, () => {
    const mask = createMask(['postgresql://other@h/db', url])
    const repeated = `${url} s3cret/of+it "s3cret%2Fof%2Bit" xs3cret/of+itx`
    assert.doesNotMatch(mask(repeated), /s3cret|of.*it/)
  })

test('a password without a host, and one with a plus sign for a space', () => {
  assert.equal(createMask(['postgresql://app:s3cret'])('is s3cret'), 'is ***')
  const form = createMask(['postgresql://h/db?password=two+words'])
  assert.equal(form('two words, two+words'), '***, ***')
})

test('what is no password stays', () => {
  for (const url of [
    'postgresql://db.example:5432/app',
    'postgresql://app@db.example:5432/app?sslmode=require',
    'postgresql://[::1]:5432/app',
    'pglite:db.example@app:5432',
    '',
  ])
    assert.equal(
      createMask([url])('app at db.example:5432, ::1, require'),
      'app at db.example:5432, ::1, require',
    )
})

test('in an answer the password of each PostgreSQL URL is masked, and no other text', () => {
  assert.equal(
    maskConnectionUrls('postgres://a:b/c@d@h/db?password=e&x=1 a:b@c https://a:b@h/?password=e'),
    'postgres://a:***@h/db?password=***&x=1 a:b@c https://a:b@h/?password=e',
  )
})
