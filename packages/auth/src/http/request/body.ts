import type { Schema } from '../schema/schema.js'
import { isOpen, isOptional, membersOf } from '../schema/schema.js'

/** Enough for every field at its limit. Reading stops at this size. @see OWASP ASVS 5.0, 4.3.1 */
const maxBodyBytes = 16_384

/** Why a body cannot be used. Part of the closed list of error codes. */
export type BodyError =
  | { readonly error: 'unsupported_media_type' | 'body_too_large' }
  | { readonly error: 'invalid_json'; readonly message: string }
  | { readonly error: 'invalid_input'; readonly field: string; readonly message: string }

type Read<Value> = { ok: true; value: Value } | { ok: false; error: BodyError }

const invalidJson = (message: string): { ok: false; error: BodyError } => ({
  ok: false,
  error: { error: 'invalid_json', message },
})

/** The format of a body: JSON from programs, a form from the buttons of the landing pages. */
export type BodyKind = 'json' | 'form'

/** The format by content type; null for any other. Parameters of a form's content type do not matter. */
export function bodyKind(contentType: string | null): BodyKind | null {
  if (isJson(contentType)) return 'json'
  const [type = ''] = (contentType ?? '').toLowerCase().split(';')
  return type.trim() === 'application/x-www-form-urlencoded' ? 'form' : null
}

/**
 * Reads a JSON body of bounded size and returns the fields of its schema. Any other field is refused by its name: a client
 * that sends an id, a role or a misspelled option learns that it has no effect. A body without a required field may be absent.
 */
export async function readJsonBody<Value>(
  request: Request,
  schema: Schema<Value>,
): Promise<Read<Value>> {
  const type = request.headers.get('content-type')
  const mayBeAbsent = type === null && Object.values(membersOf(schema)).every(isOptional)
  if (!mayBeAbsent && !isJson(type))
    return { ok: false, error: { error: 'unsupported_media_type' } }
  const bytes = await readBytes(request)
  if (!bytes.ok) return bytes
  if (mayBeAbsent && bytes.value.length === 0) return pickFields({}, schema)
  if (mayBeAbsent) return { ok: false, error: { error: 'unsupported_media_type' } }
  const json = parseObject(bytes.value)
  if (!json.ok) return json
  const fields = pickFields(json.value, schema)
  if (!fields.ok) return fields
  const unknown = unknownField(json.value, schema)
  return unknown === null ? fields : { ok: false, error: unknown }
}

/**
 * Reads a form in the same way. Every field is a text, and an empty one is absent; `true` and `false` of a checkbox are boolean, and
 * an object is JSON.
 * Other fields are dropped: browsers, password managers and providers add some to the forms of a page.
 */
export async function readFormBody<Value>(
  request: Request,
  schema: Schema<Value>,
): Promise<Read<Value>> {
  const form = await readForm(request)
  return form.ok ? pickFields(valuesOf(form.value, schema), schema) : form
}

/** Reads the form of a landing page: the fields of the schema, and the nonce of its browser, or null without one. */
export async function readLandingForm<Value>(
  request: Request,
  schema: Schema<Value>,
): Promise<Read<{ readonly fields: Value; readonly nonce: string | null }>> {
  const form = await readForm(request)
  if (!form.ok) return form
  const fields = pickFields(valuesOf(form.value, schema), schema)
  if (!fields.ok) return fields
  return { ok: true, value: { fields: fields.value, nonce: form.value.get('nonce') } }
}

async function readForm(request: Request): Promise<Read<URLSearchParams>> {
  const bytes = await readBytes(request)
  return bytes.ok
    ? { ok: true, value: new URLSearchParams(Buffer.from(bytes.value).toString()) }
    : bytes
}

function valuesOf(form: URLSearchParams, schema: Schema<unknown>): object {
  const members = membersOf(schema)
  const names = [...new Set(form.keys())]
  return Object.fromEntries(names.map((name) => [name, fieldOf(form.get(name), members[name])]))
}

function fieldOf(text: string | null, rule: Schema<unknown> | undefined): unknown {
  if (text === null || text === '') return undefined
  const types = rule === undefined ? [] : typesOf(rule)
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  return types.includes('object') ? objectOf(text) : text
}

/** The object that a script of the page has written into its field; the text itself where it is none. */
function objectOf(text: string): unknown {
  const json = parseObject(Buffer.from(text))
  return json.ok ? json.value : text
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

/** Counts while reading, so a body without a declared length is not buffered beyond the limit. */
async function readBytes(request: Request): Promise<Read<Uint8Array>> {
  const tooLarge = { ok: false, error: { error: 'body_too_large' } } as const
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) return tooLarge
  if (request.bodyUsed) return alreadyRead
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength
      if (size > maxBodyBytes) return tooLarge
      chunks.push(chunk)
    }
  } catch (error) {
    return error instanceof BodyAlreadyReadError
      ? alreadyRead
      : invalidJson('The body was not received completely.')
  }
  return { ok: true, value: Buffer.concat(chunks) }
}

const alreadyRead = invalidJson(
  'Something read the body before Torii: mount the Torii handler before express.json() and other body parsers.',
)

/** Whether a body cannot be used because the server has read it before Torii, which is no mistake of the client. */
export const isAlreadyRead = (error: BodyError): boolean => error === alreadyRead.error

/** Thrown by the body of a request whose stream was already consumed. */
export class BodyAlreadyReadError extends Error {}

function parseObject(bytes: Uint8Array): Read<object> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeOf(value) === 'object') return { ok: true, value: Object(value) }
  } catch {
    // Neither UTF-8 nor JSON: the same error as for JSON of another type.
  }
  return invalidJson('The body must be one JSON object.')
}

function pickFields<Value>(json: object, schema: Schema<Value>): Read<Value> {
  const fields: Record<string, unknown> = {}
  for (const [field, rule] of Object.entries(membersOf(schema))) {
    // Own properties only: `__proto__` or a prototype adds nothing to the body.
    const value: unknown = Object.getOwnPropertyDescriptor(json, field)?.value
    if (value === undefined && isOptional(rule)) continue
    const types = typesOf(rule)
    if (!types.includes(typeOf(value))) {
      const kind = kinds[String(types[0])] ?? 'a string'
      const message = value === undefined ? `${field} is missing.` : `${field} must be ${kind}.`
      return { ok: false, error: { error: 'invalid_input', field, message } }
    }
    const choices = choicesOf(rule)
    if (choices !== null && !choices.includes(value)) {
      const message = `${field} must be ${choices.filter((choice) => choice !== null).join(' or ')}.`
      return { ok: false, error: { error: 'invalid_input', field, message } }
    }
    fields[field] = value
  }
  // The loop checked every member of the schema, and there are no others.
  return { ok: true, value: fields as Value }
}

/** The longest part of an unknown field's name that is repeated to the client. */
const maxNameCharacters = 100

function unknownField(json: object, schema: Schema<unknown>): BodyError | null {
  if (isOpen(schema)) return null
  const names = Object.keys(membersOf(schema))
  const unknown = Object.keys(json).find((name) => !names.includes(name))
  if (unknown === undefined) return null
  const field = unknown.slice(0, maxNameCharacters)
  const message = `${field} is not a field of this request, which takes ${names.join(', ')}.`
  return { error: 'invalid_input', field, message }
}

const kinds: Readonly<Record<string, string>> = { object: 'an object', boolean: 'true or false' }

/** The values that a field may have; null for any of its types. */
const choicesOf = ({ enum: choices }: Schema<unknown>): readonly unknown[] | null =>
  Array.isArray(choices) ? choices : null

/** The types that a field may have. The bodies use no other keywords, which {@link pickFields} would not check. */
function typesOf(rule: Schema<unknown>): readonly unknown[] {
  for (const keyword of Object.keys(rule))
    if (keyword !== 'type' && keyword !== 'enum')
      throw new Error(`a body is not checked for ${keyword}`)
  return [rule.type].flat()
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
