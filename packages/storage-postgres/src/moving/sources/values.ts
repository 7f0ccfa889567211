/** Readers of values that come from JSON. What has another form than expected is null. */

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text that is not blank. */
export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value : null

/** The objects of a list; none if it is no list. */
export const objectsOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isObject) : []

/** A name without spaces around it. */
export const nameOf = (...parts: readonly unknown[]): string | null =>
  textOf(
    parts
      .map((part) => textOf(part)?.trim() ?? '')
      .filter((part) => part !== '')
      .join(' '),
  )

/** Times below are seconds since 1970, those above milliseconds: the year 5138 and March 1973. */
const lastSecond = 100_000_000_000

/**
 * A time as ISO 8601. A text without an offset is UTC: it comes of a column without one. A number, also as a text, is seconds or milliseconds
 * since 1970. What is no time stays as it is, so that the report names it.
 */
export function timeOf(value: unknown): unknown {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{9,14}$/.test(value))) {
    const number = Number(value)
    const time = new Date(number < lastSecond ? number * 1000 : number)
    return Number.isNaN(time.getTime()) ? value : time.toISOString()
  }
  if (typeof value !== 'string') return value ?? null
  return /^\d{4}-\d\d-\d\d[T ][\d:.]+$/.test(value) ? `${value.replace(' ', 'T')}Z` : value
}

/** The latest of several times; null if one of them is unknown or no time. */
export function latestOf(...values: readonly unknown[]): string | null {
  const times = values.map((value) => Date.parse(String(timeOf(value))))
  const latest = Math.max(...times)
  return Number.isNaN(latest) ? null : new Date(latest).toISOString()
}

/** Whether a time, or PostgreSQL's `infinity`, is later than now. Of what is no time, true: it does not end. */
export function isLater(value: unknown): boolean {
  const time = timeOf(value)
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) || at > Date.now()
}

/** Base64 of either alphabet as base64url without padding; null for anything else. */
export function base64urlOf(value: unknown): string | null {
  const text = textOf(value)?.trim() ?? ''
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return null
  return Buffer.from(text, 'base64').toString('base64url')
}
