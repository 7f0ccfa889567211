import assert from 'node:assert/strict'
import { test } from 'vitest'
import { maybeSameSite } from './same-site.js'

const pairs: readonly (readonly [isMaybe: boolean, one: string, other: string])[] = [
  [true, 'https://api.acme.example', 'https://app.acme.example'],
  [true, 'https://acme.example', 'https://app.acme.example'],
  [true, 'https://acme.example', 'https://acme.example:8443'],
  [true, 'http://localhost:3000', 'http://localhost:5173'],
  [true, 'http://127.0.0.1:3000', 'http://127.0.0.1:5173'],
  // Only browsers know that co.uk is a public suffix.
  [true, 'https://one.co.uk', 'https://two.co.uk'],
  [false, 'https://acme.example', 'https://shop.example'],
  [false, 'https://acme.example', 'https://evilacme.example'],
  [false, 'https://app.acme.example', 'http://app.acme.example'],
  [false, 'http://localhost:3000', 'http://127.0.0.1:3000'],
  [false, 'https://app.localhost', 'https://localhost'],
  [false, 'https://203.0.113.7', 'https://198.51.113.7'],
  [false, 'https://[2001:db8::1]', 'https://[2001:db8::2]'],
]

for (const [isMaybe, one, other] of pairs)
  test(`T10.124 ${one} and ${other} are ${isMaybe ? 'perhaps' : 'certainly not'} one site`, () => {
    assert.equal(maybeSameSite(one, other), isMaybe)
    assert.equal(maybeSameSite(other, one), isMaybe)
  })
