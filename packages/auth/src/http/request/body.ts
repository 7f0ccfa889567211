import type { ApiError } from '../response/errors.js'

/** What a field of a body must be. An optional one may also be null, which says "none". */
export type FieldRule = 'text' | 'optional text' | 'object' | 'optional object'
export type FieldRules = Readonly<Record<string, FieldRule>>

/** The fields of a body as its rules promise them. */
export type Fields<Rules extends FieldRules> = {
  readonly [Name in keyof Rules]: Rules[Name] extends 'text'
    ? string
    : Rules[Name] extends 'object'
      ? object
      : Rules[Name] extends 'optional object'
        ? object | null | undefined
        : string | null | undefined
}

/** Enough for every field at its limit; more is refused while it arrives. @see OWASP ASVS 5.0, 4.3.1 */
const maxBodyBytes = 16_384

type Read<Value> = { ok: true; value: Value } | { ok: false; error: ApiError }

const invalidJson = (message: string): { ok: false; error: ApiError } => ({
  ok: false,
  error: { error: 'invalid_json', message },
})

/** How a body is written: JSON from programs, a form from the landing pages' own buttons. */
export type BodyKind = 'json' | 'form'

/** What the body is by its content type; null for neither. A form's parameters do not matter, JSON's do. */
export function bodyKind(contentType: string | null): BodyKind | null {
  if (isJson(contentType)) return 'json'
  const [type = ''] = (contentType ?? '').toLowerCase().split(';')
  return type.trim() === 'application/x-www-form-urlencoded' ? 'form' : null
}

/**
 * The fields that a route knows, from a JSON body of bounded size; unknown ones are dropped, so an id
 * or a role in a body is never seen by anybody.
 */
export async function readFields<Rules extends FieldRules>(
  request: Request,
  rules: Rules,
): Promise<Read<Fields<Rules>>> {
  if (!isJson(request.headers.get('content-type')))
    return { ok: false, error: { error: 'unsupported_media_type' } }
  const bytes = await readBytes(request)
  if (!bytes.ok) return bytes
  const json = parseObject(bytes.value)
  return json.ok ? pickFields(json.value, rules) : json
}

/** The same from a form, of which every field is a text; an empty optional one is absent. */
export async function readForm<Rules extends FieldRules>(
  request: Request,
  rules: Rules,
): Promise<Read<Fields<Rules>>> {
  const bytes = await readBytes(request)
  if (!bytes.ok) return bytes
  const form = new URLSearchParams(Buffer.from(bytes.value).toString())
  return pickFields(textsOf(form), rules)
}

function textsOf(texts: URLSearchParams): object {
  const names = [...new Set(texts.keys())]
  return Object.fromEntries(names.map((name) => [name, texts.get(name) || undefined]))
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
  const tooLarge = { ok: false, error: { error: 'body_too_large' } } as const
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
  const fields: Record<string, string | object | null | undefined> = {}
  for (const [field, rule] of Object.entries(rules)) {
    // Own properties only: what `__proto__` or a prototype brings is not in the body.
    const value: unknown = Object.getOwnPropertyDescriptor(json, field)?.value
    if (!meets(value, rule)) {
      const kind = rule.endsWith('object') ? 'an object' : 'a string'
      const message = value === undefined ? `${field} is missing.` : `${field} must be ${kind}.`
      return { ok: false, error: { error: 'invalid_input', field, message } }
    }
    fields[field] = value as string | object | null | undefined // just checked
  }
  // Every rule was met above, and there are no other fields.
  return { ok: true, value: fields as Fields<Rules> }
}

function meets(value: unknown, rule: FieldRule): boolean {
  switch (rule) {
    case 'text':
      return typeof value === 'string'
    case 'optional text':
      return value === undefined || value === null || typeof value === 'string'
    case 'optional object':
      return value === undefined || value === null || meets(value, 'object')
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return rule satisfies never
  }
}
