import assert from 'node:assert/strict'
import { test } from 'vitest'
import { isNavigation, isPrefetch } from './navigation.js'

test('a prefetch is known by the headers of every browser', () => {
  for (const headers of [
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { 'sec-purpose': 'prefetch;anonymous-client-ip' },
    { 'sec-purpose': ' Prefetch' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
  ]) {
    assert.ok(isPrefetch(headers), JSON.stringify(headers))
    assert.ok(isPrefetch(new Headers(headers as unknown as Record<string, string>)))
  }
  for (const headers of [
    {},
    { 'sec-purpose': '' },
    { 'sec-purpose': 'prefetched' },
    { 'sec-purpose': 'no prefetch' },
    { 'sec-fetch-dest': 'prefetch' },
  ])
    assert.ok(!isPrefetch(headers), JSON.stringify(headers))
})

test('a navigation is known by Sec-Fetch-Mode, and without it by Accept', () => {
  const html = 'text/html,application/xhtml+xml,*/*;q=0.8'
  assert.ok(isNavigation({ 'sec-fetch-mode': 'navigate' }))
  assert.ok(isNavigation({ accept: html }))
  for (const headers of [
    {},
    { accept: '*/*' },
    { accept: 'application/json' },
    { 'sec-fetch-mode': 'cors', accept: html },
    { 'sec-fetch-mode': 'no-cors', accept: html },
  ])
    assert.ok(!isNavigation(headers), JSON.stringify(headers))
})
