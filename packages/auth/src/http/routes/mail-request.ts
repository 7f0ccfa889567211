import type { RequestInfo } from '../../base/request-info.js'
import type { Refused } from '../../services/refusals.js'
import type { Torii } from '../../torii.js'
import type { ErrorCode } from '../response/errors.js'
import { emailBody } from '../schema/request-bodies.js'
import { acceptedSchema } from '../schema/response-bodies.js'
import type { Feature } from './features.js'
import { accepted, refused } from './results.js'
import type { Route } from './route.js'
import { defineRoute } from './route.js'

/** A route that anyone can call to have a link mailed to an email address. */
interface MailRequest {
  readonly path: string
  readonly summary: string
  request(
    torii: Torii<object>,
    email: string,
    info: RequestInfo,
  ): Promise<{ readonly ok: true } | Refused<'refused_by_application' | 'too_many_attempts'>>
  /** Its errors besides `too_many_attempts`. */
  readonly errors?: readonly ErrorCode[]
  readonly feature?: Feature
}

/** The response is the same for every email address, so it does not tell which ones have an account. */
export const mailRequestRoute = ({
  path,
  summary,
  request,
  errors = [],
  feature = 'mail',
}: MailRequest): Route =>
  defineRoute({
    method: 'POST',
    path,
    summary,
    access: 'anyone',
    body: emailBody,
    responses: { 202: acceptedSchema },
    errors: [...errors, 'too_many_attempts'],
    feature,
    async handle({ torii, info }, { email }) {
      const outcome = await request(torii, email, info)
      return outcome.ok ? accepted() : refused(outcome)
    },
  })
