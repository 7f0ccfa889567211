import type { FieldRule, FieldRules } from '../request/body.js'
import type { Route } from '../routes/route.js'
import { basePath } from '../routes/route-match.js'
import type { AnswerShape } from './answer-shapes.js'
import type { ErrorCode } from './errors.js'
import { errorStatus } from './errors.js'
import { schemaOf, schemas } from './openapi-schemas.js'

/** Refusals of every route, beside its own. */
const everywhere: readonly ErrorCode[] = ['internal', 'unavailable', 'busy']

/** What is described of the site it is served from. */
export interface ApiSite {
  readonly origin: string
  readonly cookieName: string
}

/**
 * The OpenAPI 3.1 document of a route table, made from the very table that requests are routed by.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function describeApi(routes: readonly Route[], { origin, cookieName }: ApiSite): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = `${basePath}/${route.path.replace(/:([a-z]+)/, '{$1}')}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Torii',
      version: '1',
      description: 'Signing in. Made from the route table that requests are routed by.',
    },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        cookie: { type: 'apiKey', in: 'cookie', name: cookieName },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

function operation(route: Route): object {
  const { summary, answer, body, access } = route
  return {
    operationId: operationId(route),
    summary,
    ...(access === 'signed in' ? { security: [{ cookie: [] }, { bearer: [] }] } : { security: [] }),
    ...parametersOf(route),
    ...(body === null ? {} : { requestBody: requestBody(body, route.form !== undefined) }),
    responses: {
      [answer.status]: success(answer),
      ...(route.alternative === undefined
        ? {}
        : { [route.alternative.status]: success(route.alternative) }),
      ...(route.form === undefined ? {} : { 303: success({ status: 303, shape: null }) }),
      ...refusals(route),
    },
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
    ...(inPath === undefined
      ? []
      : [{ name: inPath, in: 'path', required: true, schema: { type: 'string' } }]),
    ...query.map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } })),
  ]
  return parameters.length === 0 ? {} : { parameters }
}

function requestBody(rules: FieldRules, form: boolean): object {
  const schema = bodySchema(rules)
  return {
    required: true,
    content: {
      'application/json': { schema },
      ...(form ? { 'application/x-www-form-urlencoded': { schema } } : {}),
    },
  }
}

const fieldSchemas: Readonly<Record<FieldRule, object>> = {
  text: { type: 'string' },
  'optional text': { type: ['string', 'null'] },
  object: { type: 'object' },
  'optional object': { type: ['object', 'null'] },
}

function bodySchema(rules: FieldRules): object {
  const properties = Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [name, fieldSchemas[rule]]),
  )
  const required = Object.keys(rules).filter(
    (name) => rules[name]?.startsWith('optional') === false,
  )
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
}

const page = { 'text/html': { schema: { type: 'string' } } }

function success({ status, shape }: { status: number; shape: AnswerShape }): object {
  if (status === 303) return { description: 'The browser goes on to `Location`.' }
  if (shape === null) return { description: 'Done. There is no body.' }
  if (shape === 'page') return { description: 'A page.', content: page }
  return { description: 'Done.', content: { 'application/json': { schema: schemaOf(shape) } } }
}

/** The codes of one status stand together: OpenAPI has one answer per status. */
function refusals(route: Route): object {
  const codes = new Set<ErrorCode>([...route.errors, ...everywhere])
  if (route.access === 'signed in') codes.add('unauthenticated')
  if (route.method !== 'GET') codes.add('origin_not_allowed')
  if (route.feature !== undefined || route.path.includes(':')) codes.add('not_found')
  if (route.body !== null)
    for (const code of [
      'invalid_input',
      'invalid_json',
      'body_too_large',
      'unsupported_media_type',
    ] as const)
      codes.add(code)
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const status = errorStatus[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  // A refused button shows its page again.
  const shown = route.form !== undefined || route.answer.shape === 'page'
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [status, refusal(list, shown ? page : {})]),
  )
}

const refusal = (codes: readonly ErrorCode[], otherContent: object): object => ({
  description: codes.join(', '),
  content: {
    'application/json': {
      schema: {
        allOf: [{ $ref: '#/components/schemas/Error' }, { properties: { error: { enum: codes } } }],
      },
    },
    ...otherContent,
  },
})
