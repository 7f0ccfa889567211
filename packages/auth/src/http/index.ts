export type { AuthHandler, ConnectionInfo } from './handler.js'
export { createHandler } from './handler.js'
export type { FetchHandler, NodeHandler, NodeHandlerOptions, NodeRequest } from './node.js'
export { createNodeHandler } from './node.js'
export type {
  MissingProof,
  OwnRoutes,
  SessionRequirement,
  SessionToSet,
} from './own-routes.js'
export type { Look } from './pages/look.js'
export type { OwnPage, RenderPage, SourceKind } from './pages/own-renderer.js'
export type {
  CheckboxField,
  CodeField,
  EnrollPage,
  ErrorPage,
  ExpiredPage,
  HiddenField,
  LinkPage,
  Page,
  PageForm,
  PageLink,
  PasskeyForm,
  PasswordField,
  SecondFactorPage,
} from './pages/page.js'
export type { HandlerOptions, Pages, WellKnown } from './pages/site-pages.js'
export type {
  ApplicationRequest,
  RequestInfoOptions,
  SessionCarrier,
} from './request/application-request.js'
export type { HeaderSource } from './request/request-token.js'
export type { CookieTarget, StoredCookie } from './response/cookie-target.js'
export type { ErrorCode } from './response/errors.js'
export type { SignedIn } from './schema/response-bodies.js'
export type { ProofOptions, SessionRequirementOptions } from './session-requirement.js'
