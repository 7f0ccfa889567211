export type {
  AuthHandler,
  ConnectionInfo,
  SessionCarrier,
  SessionRequirement,
} from './handler.js'
export { createHandler } from './handler.js'
export type { NodeHandler, NodeHandlerOptions } from './node.js'
export { createNodeHandler } from './node.js'
export type { HandlerOptions, Pages } from './pages/site-pages.js'
export type { ErrorCode } from './response/errors.js'
