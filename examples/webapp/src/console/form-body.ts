import type { IncomingMessage } from 'node:http'

/** Longer than any form of ours. */
const maxBytes = 4096

/**
 * The fields of a form that was sent; null when it is none, too long, or does not say how long it is, as every
 * browser does. node:http lets no body grow beyond the length it gave.
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  const { 'content-type': type = '', 'content-length': length } = request.headers
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) return null
  if (length === undefined || Number(length) > maxBytes) return null
  request.setEncoding('utf8')
  const parts = await request.toArray()
  return new URLSearchParams(parts.join(''))
}
