import type { IncomingMessage } from 'node:http'

/** More than any form of the console needs. */
const maxBytes = 4096

/**
 * The fields of a form. Null when the body is not a form, is too long, or has no declared length, which every
 * browser sends. node:http never delivers more than the declared length.
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  const { 'content-type': type = '', 'content-length': length } = request.headers
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) return null
  if (length === undefined || Number(length) > maxBytes) return null
  request.setEncoding('utf8')
  const parts = await request.toArray()
  return new URLSearchParams(parts.join(''))
}
