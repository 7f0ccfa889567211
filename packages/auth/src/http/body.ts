import type { Refusal } from './errors.js'

/** What a field of a body must be. An optional one may also be null, which says "none". */
export type FieldRule = 'text' | 'optional text'
export type FieldRules = Readonly<Record<string, FieldRule>>

/** The fields of a body as its rules promise them. */
export type Fields<Rules extends FieldRules> = {
  readonly [Name in keyof Rules]: Rules[Name] extends 'text' ? string : string | null | undefined
}

/** Enough for every field at its limit; more is refused while it arrives. @see OWASP ASVS 5.0, 4.3.1 */
const maxBodyBytes = 16_384

type Read<Value> = { ok: true; value: Value } | { ok: false; refusal: Refusal }

const invalidJson = (message: string): { ok: false; refusal: Refusal } => ({
  ok: false,
  refusal: { error: 'invalid_json', message },
})

/**
 * The fields that a route knows, from a JSON body of bounded size; unknown ones are dropped, so an id
 * or a role in a body is never seen by anybody.
 */
export async function readFields<Rules extends FieldRules>(
  request: Request,
  rules: Rules,
): Promise<Read<Fields<Rules>>> {
  if (!isJson(request.headers.get('content-type')))
    return { ok: false, refusal: { error: 'unsupported_media_type' } }
  const bytes = await readBytes(request)
  if (!bytes.ok) return bytes
  const json = parseObject(bytes.value)
  return json.ok ? pickFields(json.value, rules) : json
}

/** `application/json`, alone or with the only charset that JSON has. @see RFC 8259 section 8.1 */
function isJson(contentType: string | null): boolean {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';')
  const plain = parameters.map((parameter) => parameter.trim().replaceAll('"', ''))
  return (
    type.trim() === 'application/json' &&
    plain.every((text) => ['', 'charset=utf-8'].includes(text))
  )
}

/** Counts while reading: a body that says nothing about its length is not buffered beyond the limit. */
async function readBytes(request: Request): Promise<Read<Uint8Array>> {
  const tooLarge = { ok: false, refusal: { error: 'body_too_large' } } as const
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) return tooLarge
  if (request.bodyUsed) return invalidJson(alreadyRead)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength
      if (size > maxBodyBytes) return tooLarge
      chunks.push(chunk)
    }
  } catch (error) {
    return invalidJson(
      error instanceof BodyAlreadyReadError ? alreadyRead : 'The body did not arrive.',
    )
  }
  return { ok: true, value: Buffer.concat(chunks) }
}

const alreadyRead =
  'The body was read before Torii saw it: mount the Torii handler before express.json() and other body parsers.'

/** What the body of a request fails with whose stream somebody else has consumed. */
export class BodyAlreadyReadError extends Error {}

function parseObject(bytes: Uint8Array): Read<object> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { ok: true, value }
  } catch {
    // Neither UTF-8 nor JSON: the same answer as for JSON of another kind.
  }
  return invalidJson('The body must be one JSON object.')
}

function pickFields<Rules extends FieldRules>(json: object, rules: Rules): Read<Fields<Rules>> {
  const fields: Record<string, string | null | undefined> = {}
  for (const [field, rule] of Object.entries(rules)) {
    // Own properties only: what `__proto__` or a prototype brings is not in the body.
    const value: unknown = Object.getOwnPropertyDescriptor(json, field)?.value
    const absent = rule === 'optional text' && (value === undefined || value === null)
    if (!absent && typeof value !== 'string') {
      const message = value === undefined ? `${field} is missing.` : `${field} must be a string.`
      return { ok: false, refusal: { error: 'invalid_input', field, message } }
    }
    fields[field] = value as string | null | undefined // just checked
  }
  // Every rule was met above, and there are no other fields.
  return { ok: true, value: fields as Fields<Rules> }
}
