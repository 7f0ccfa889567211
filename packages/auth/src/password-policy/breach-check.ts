import { hash } from 'node:crypto'
import type { BreachedHook } from './breach-lookup.js'
import { breachedLimits } from './breach-lookup.js'

/** What of `fetch` is used. */
export type RangeFetch = (
  url: string,
  init: { headers: Record<string, string>; redirect: 'error'; signal: AbortSignal },
) => Promise<Response>

export interface BreachCheckOptions {
  /**
   * Address that the five characters are put behind, for example `https://api.pwnedpasswords.com/range/`, or
   * that of your own copy of the service.
   */
  readonly rangeUrl: string
  /** Asks the service (default: the global `fetch`). */
  readonly fetch?: RangeFetch
  /** How often a password must have been seen to count as breached (default: 1). */
  readonly minCount?: number
}

/** A padded answer of the service is below 100 KB. */
const maxAnswerBytes = 1_048_576
const prefixLength = 5

/**
 * A {@link BreachedHook} that asks a range service by k-anonymity, as Have I Been Pwned offers it: only the
 * first five of the forty hexadecimal characters of the password's SHA-1 leave this process, a million
 * possible passwords share them, and the answer is compared here. Asks for padding, so that the length of
 * the answer says nothing. Follows no redirect.
 * @see OWASP ASVS 5.0, 6.2.12
 */
export function createBreachCheck({
  rangeUrl,
  fetch: ask = globalThis.fetch,
  minCount = 1,
}: BreachCheckOptions): BreachedHook {
  return async (password) => {
    // SHA-1 is what such services are keyed by; it protects nothing here.
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

/** How often the suffix was seen: lines `SUFFIX:COUNT`, where padding has the count 0. */
function countOf(suffix: string, lines: string): number {
  const line = lines.split(/\r?\n/).find((each) => each.toUpperCase().startsWith(`${suffix}:`))
  return line === undefined ? 0 : Number(line.slice(suffix.length + 1))
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength
    if (size > maxAnswerBytes) throw new Error('the range service sent too long an answer')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}
