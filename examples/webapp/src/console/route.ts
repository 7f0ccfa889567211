import type { Torii } from 'torii-auth'
import type { Redirect, View } from '../page.js'

/** A request of the signed-in administrator. */
export interface ConsoleCall {
  readonly torii: Torii
  readonly path: string
  readonly query: URLSearchParams
  readonly now: Date
}

export type ConsoleAnswer = View | Redirect

/** @param ids the value of each `:id` in the path */
type Answer = (call: ConsoleCall, ...ids: string[]) => ConsoleAnswer | Promise<ConsoleAnswer>

export interface ConsoleRoute {
  readonly method: 'GET' | 'POST'
  readonly pattern: RegExp
  readonly answer: Answer
}

/** Declares a route. `:id` in its path matches a UUID. */
export const route = (
  method: ConsoleRoute['method'],
  path: string,
  answer: Answer,
): ConsoleRoute => ({
  method,
  pattern: new RegExp(
    `^${path.replaceAll(':id', '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})')}$`,
  ),
  answer,
})
