/**
 * Reads an ISO 8601 time, or the form of PostgreSQL with a space; years that the tables hold.
 * @throws Error for any other value
 */
export function requireTime(value: unknown): string {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\d([T ].*)?$/.test(value)
  const time = isTime ? new Date(value) : null
  // PostgreSQL reads neither the year 0 nor, as time zones make it, the year 10000.
  const text = time === null || Number.isNaN(time.getTime()) ? '' : time.toISOString()
  if (!/^(?!0000)\d{4}-/.test(text)) throw new Error('invalid')
  return text
}

/** {@link requireTime}; null for any other value. */
export function timeOrNull(value: unknown): string | null {
  try {
    return requireTime(value)
  } catch {
    return null
  }
}

/**
 * Decodes base64url or base64, with or without padding, of 1 to `max` bytes; null for any other value. Other systems write
 * credential ids in either.
 */
export function readBase64(value: unknown, max: number): Buffer | null {
  if (typeof value !== 'string' || value.length > Math.ceil((max * 4) / 3) + 2) return null
  const text = value
    .replace(/={1,2}$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  const bytes = Buffer.from(text, 'base64url')
  const isExact = bytes.length >= 1 && bytes.length <= max && bytes.toString('base64url') === text
  return isExact ? bytes : null
}
