import { afterAll } from 'vitest'
import type { OwnProvider } from '../../services/oauth/own-provider.test.support.js'

/**
 * Sends every https request of this test file to a server of the test: `https://HOST/PATH` arrives as `/HOST/PATH`. So a
 * definition is tried with the URLs that it really has.
 */
export function sendHostsTo({ origin }: OwnProvider): void {
  const real = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.protocol !== 'https:') return real(input, init)
    return real(`${origin}/${url.host}${url.pathname}${url.search}`, init)
  }
  afterAll(() => {
    globalThis.fetch = real
  })
}
