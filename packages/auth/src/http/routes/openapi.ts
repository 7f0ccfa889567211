import type { ErrorCode } from '../response/errors.js'
import { errorSchema, errorStatus } from '../response/errors.js'
import { formOf } from '../schema/request-bodies.js'
import type { Schema } from '../schema/schema.js'
import { membersOf, nameOf, openObject, text } from '../schema/schema.js'
import type { ResponseContent, Route } from './route.js'

/** The errors that every route can have. */
const everywhere: readonly ErrorCode[] = ['internal', 'unavailable', 'busy']

/** The values of the site that the OpenAPI document contains. */
export interface ApiSite {
  readonly origin: string
  readonly basePath: string
  readonly cookieName: string
}

/**
 * Writes the OpenAPI 3.1 document of the route table by which requests are routed.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function describeApi(
  routes: readonly Route[],
  { origin, basePath, cookieName }: ApiSite,
): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = `${basePath}/${route.path.replace(/:([a-z]+)/, '{$1}')}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  const found = new Map<string, object>()
  return {
    openapi: '3.1.1',
    info: { title: 'Torii', version: '1', description: 'Authentication API' },
    servers: [{ url: origin }],
    paths: withReferences(paths, found),
    components: {
      schemas: Object.fromEntries(found),
      securitySchemes: {
        cookie: { type: 'apiKey', in: 'cookie', name: cookieName },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

/** The value with every named schema replaced by a reference, and the schema kept in `found`. */
function withReferences(value: unknown, found: Map<string, object>): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, found))
  if (typeof value !== 'object' || value === null) return value
  const written = () =>
    Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withReferences(item, found)]),
    )
  const name = nameOf(value)
  if (name === null) return written()
  if (!found.has(name)) found.set(name, written())
  return { $ref: `#/components/schemas/${name}` }
}

function operation(route: Route): object {
  const { summary, body, access } = route
  return {
    operationId: operationId(route),
    summary,
    ...(access === 'signed in' ? { security: [{ cookie: [] }, { bearer: [] }] } : { security: [] }),
    ...parametersOf(route),
    ...(body === null ? {} : { requestBody: requestBody(route, body) }),
    responses: responsesOf(route),
  }
}

/** `POST oauth/:provider/link` becomes `postOauthProviderLink`. */
const operationId = ({ method, path }: Route): string =>
  `${method.toLowerCase()}${path
    .split(/[^a-z]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}`

function parametersOf({ path, query = [] }: Route): object {
  const inPath = /:([a-z]+)/.exec(path)?.[1]
  const parameters = [
    ...(inPath === undefined ? [] : [{ name: inPath, in: 'path', required: true, schema: text }]),
    ...query.map((name) => ({ name, in: 'query', required: false, schema: text })),
  ]
  return parameters.length === 0 ? {} : { parameters }
}

const jsonType = 'application/json'
const formType = 'application/x-www-form-urlencoded'

function requestBody({ form, postedByProvider }: Route, schema: Schema<unknown>): object {
  if (postedByProvider === true) return { required: true, content: { [formType]: { schema } } }
  // The form of a landing page also carries the nonce of its browser, and what a browser adds is dropped.
  const ofForm = openObject({ ...membersOf(formOf(schema)), nonce: text })
  return {
    required: true,
    content: {
      [jsonType]: { schema },
      ...(form === undefined ? {} : { [formType]: { schema: ofForm } }),
    },
  }
}

/** The responses that can have one status: successes of the route, and the errors with that status. */
interface Possible {
  readonly contents: ResponseContent[]
  readonly errors: ErrorCode[]
}

/** One response per status, as OpenAPI has it. */
function responsesOf(route: Route): object {
  const byStatus = new Map<number, Possible>()
  const at = (status: number): Possible => {
    const possible = byStatus.get(status) ?? { contents: [], errors: [] }
    byStatus.set(status, possible)
    return possible
  }
  for (const [status, content] of Object.entries(route.responses))
    at(Number(status)).contents.push(content)
  if (route.form !== undefined) {
    if ('show' in route.form) at(200).contents.push('page')
    else at(303).contents.push('redirect')
  }
  for (const code of errorsOf(route)) at(errorStatus[code]).errors.push(code)
  // The page of a link shows the error of its form, and a browser that navigates sees a page.
  if (route.form !== undefined || route.navigation === true)
    for (const { contents, errors } of byStatus.values())
      if (errors.length > 0) contents.push('page')
  return Object.fromEntries(
    [...byStatus].map(([status, possible]) => [status, responseOf(possible)]),
  )
}

function errorsOf(route: Route): ReadonlySet<ErrorCode> {
  const codes = new Set<ErrorCode>([...route.errors, ...everywhere])
  // Where the account has a second factor, the same operations need it.
  if (codes.has('reauthentication_required')) codes.add('level_required')
  if (route.access === 'signed in') codes.add('unauthenticated')
  if (route.access === 'signed in' && route.method !== 'GET') codes.add('conflict')
  if (route.method !== 'GET' && route.postedByProvider !== true) codes.add('origin_not_allowed')
  if (route.feature !== undefined) codes.add('not_enabled')
  if (route.path.includes(':')) codes.add('not_found')
  if (route.body !== null)
    for (const code of [
      'invalid_input',
      'invalid_json',
      'body_too_large',
      'unsupported_media_type',
    ] as const)
      codes.add(code)
  return codes
}

function responseOf({ contents, errors }: Possible): object {
  const json: object[] = contents.filter(isSchema)
  if (errors.length > 0)
    json.push({ allOf: [errorSchema, { properties: { error: { enum: errors } } }] })
  const [only, ...more] = json
  const content = {
    ...(only === undefined
      ? {}
      : { 'application/json': { schema: more.length === 0 ? only : { anyOf: json } } }),
    ...(contents.includes('page') ? { 'text/html': { schema: text } } : {}),
  }
  const description = errors.length > 0 ? errors.join(', ') : descriptionOf(contents)
  return { description, ...(Object.keys(content).length === 0 ? {} : { content }) }
}

const isSchema = (content: ResponseContent): content is Schema<unknown> =>
  typeof content === 'object' && content !== null

function descriptionOf(contents: readonly ResponseContent[]): string {
  if (contents.includes('redirect')) return 'Redirects the browser to `Location`.'
  if (contents.includes('page')) return 'A page.'
  return contents.includes(null) ? 'Done. The response has no body.' : 'Done.'
}
