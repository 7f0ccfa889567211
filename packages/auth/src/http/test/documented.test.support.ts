import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** An OpenAPI document, as far as answers are judged by it. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, object>> }>
  >
}

/** An answer of the running handler. */
export interface GivenAnswer {
  readonly method: string
  readonly pathname: string
  readonly status: number
  readonly contentType: string | null
  readonly text: string
}

/** Says what about an answer the document does not promise; null when it fits. */
export type ResponseValidator = (answer: GivenAnswer) => string | null

/** Judges answers by an OpenAPI document and nothing else: not by the route table that both are made from. */
export function createResponseValidator(served: object): ResponseValidator {
  // The caller has had the document validated; here only its paths are read.
  const document = served as Document
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema(served, 'api')
  const fits = (pointer: string, body: unknown): string | null => {
    const validate = ajv.getSchema(`api#${pointer}`)
    if (validate === undefined) return `the document has no ${pointer}`
    return validate(body) ? null : ajv.errorsText(validate.errors)
  }
  const validateBody = (pointer: string, text: string) => fits(pointer, JSON.parse(text))
  return ({ method, pathname, status, contentType, text }) => {
    const path = templateOf(Object.keys(document.paths), pathname)
    const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
    const operation = path === undefined ? undefined : document.paths[path]?.[asked]
    const type = contentType?.split(';', 1)[0] ?? null
    if (path === undefined || operation === undefined) {
      if (status !== (path === undefined ? 404 : 405)) return `status ${status} of no operation`
      return method === 'HEAD' ? null : validateBody('/components/schemas/Error', text)
    }
    const content = operation.responses[status]?.content ?? {}
    if (operation.responses[status] === undefined) return `status ${status} is not described`
    if (method === 'HEAD') return text === '' ? null : 'HEAD has a body'
    if (Object.keys(content).length === 0)
      return text === '' ? null : 'a body where none is described'
    if (type === null || content[type] === undefined) return `content type ${type} is not described`
    if (type !== 'application/json') return null
    const route = `/paths/${pointerStep(path)}/${asked}`
    return validateBody(`${route}/responses/${status}/content/${pointerStep(type)}/schema`, text)
  }
}

/** The path of the document that a request's path belongs to: its own, or one with a parameter. */
function templateOf(templates: readonly string[], pathname: string): string | undefined {
  if (templates.includes(pathname)) return pathname
  const segments = pathname.split('/')
  return templates.find((template) => {
    const parts = template.split('/')
    const matches = (part: string, at: number) =>
      /^\{\w+\}$/.test(part) ? segments[at] !== '' : part === segments[at]
    return parts.length === segments.length && parts.every(matches)
  })
}

/** A name as a step of a JSON pointer in a URI. */
const pointerStep = (name: string): string =>
  encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
