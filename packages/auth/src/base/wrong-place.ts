import { InvalidInputError } from 'torii-core'

// What an application easily passes in the wrong place, recognized by its shape: copies of a package have other classes.

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
const has = (value: unknown, method: string): boolean => typeof member(value, method) === 'function'

const isPromise = (value: unknown) => has(value, 'then')
const isTorii = (value: unknown) => has(member(value, 'magicLink'), 'request')
const isStorage = (value: unknown) => has(member(value, 'users'), 'register') && !isTorii(value)
const isHonoContext = (value: unknown) =>
  has(member(member(member(value, 'req'), 'raw'), 'headers'), 'get')
const isPool = (value: unknown) => has(value, 'connect') && !isStorage(value)

/** @throws InvalidInputError */
export function requireStorage(value: unknown): void {
  if (isStorage(value)) return
  throw new InvalidInputError('storage', storageProblem(value))
}

function storageProblem(value: unknown): string {
  if (isPromise(value)) return 'is a promise: write await PostgresStorage.connect(url)'
  if (isTorii(value)) return 'is a Torii: pass its storage, and create Torii once per process'
  if (isPool(value)) return 'is a pool: pass new PostgresStorage(pool)'
  return 'must be a storage: new PostgresStorage(pool), or await PostgresStorage.connect(url)'
}

/** @throws InvalidInputError */
export function requireTorii(value: unknown): void {
  if (isTorii(value)) return
  const storage = isStorage(value) || isPool(value) ? ', not its storage' : ''
  throw new InvalidInputError(
    'torii',
    `must be a Torii${storage}: createHandler(new Torii(storage, options))`,
  )
}

/** @throws InvalidInputError */
export function requireHandler(value: unknown): void {
  if (typeof value === 'function' && typeof Reflect.get(value, 'basePath') === 'string') return
  const torii = isTorii(value) ? ', not a Torii' : ''
  throw new InvalidInputError(
    'handler',
    `must be a handler${torii}: createNodeHandler(createHandler(torii))`,
  )
}

/** @throws InvalidInputError */
export function requireRequest(value: unknown): void {
  if (has(member(value, 'headers'), 'get')) return
  const problem = isHonoContext(value)
    ? 'is the context of Hono: pass context.req.raw'
    : 'must be a fetch Request: in Express, Fastify and node:http use createNodeHandler(auth)'
  throw new InvalidInputError('request', problem)
}
