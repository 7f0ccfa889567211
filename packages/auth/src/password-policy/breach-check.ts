import { hash } from '../base/hash.js'
import type { BreachedHook } from './breach-lookup.js'
import { breachedLimits } from './breach-lookup.js'

/** The part of `fetch` that is used. */
export type RangeFetch = (
  url: string,
  init: { headers: Record<string, string>; redirect: 'error'; signal: AbortSignal },
) => Promise<Response>

export interface BreachCheckOptions {
  /**
   * The URL to which the five characters are appended, for example `https://api.pwnedpasswords.com/range/`, or that of
   * your own copy of the service.
   */
  readonly rangeUrl: string
  /** Sends the request (default: the global `fetch`). */
  readonly fetch?: RangeFetch
  /** The number of occurrences from which a password counts as breached (default: 1). */
  readonly minCount?: number
}

/** A padded response of the service is below 100 KB. */
const maxAnswerBytes = 1_048_576
const prefixLength = 5

/**
 * Creates a {@link BreachedHook} for a k-anonymity service such as Have I Been Pwned: it sends only the first five of the
 * forty hexadecimal characters of the password's SHA-1, which many passwords share, and compares the response locally.
 * Requests padding, so that the length of the response reveals nothing. Follows no redirect.
 * @see OWASP ASVS 5.0, 6.2.12
 */
export function createBreachCheck({
  rangeUrl,
  fetch: ask = globalThis.fetch,
  minCount = 1,
}: BreachCheckOptions): BreachedHook {
  return async (password) => {
    // Such services are indexed by SHA-1; it protects nothing here.
    const digest = hash('sha1', password).toUpperCase()
    const answer = await ask(`${rangeUrl}${digest.slice(0, prefixLength)}`, {
      headers: { 'add-padding': 'true' },
      redirect: 'error',
      signal: AbortSignal.timeout(breachedLimits.seconds * 1000),
    })
    if (answer.status !== 200) throw new Error(`the range service answered ${answer.status}`)
    return countOf(digest.slice(prefixLength), await readText(answer)) >= minCount
  }
}

/** Returns the count of the suffix. Lines are `SUFFIX:COUNT`; padding has the count 0. */
function countOf(suffix: string, lines: string): number {
  const line = lines.split(/\r?\n/).find((each) => each.toUpperCase().startsWith(`${suffix}:`))
  return line === undefined ? 0 : Number(line.slice(suffix.length + 1))
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength
    if (size > maxAnswerBytes) throw new Error('the response of the range service is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}
