import { onceAMinute } from '../base/once-a-minute.js'
import type { RequestInfo } from '../base/request-info.js'
import { readRequestInfo } from '../base/request-info.js'
import type { Torii } from '../torii.js'
import type { Language } from './pages/languages.js'
import type { ShowPage } from './pages/page-response.js'
import type { HandlerSettings, Pages } from './pages/site-pages.js'
import type { BodyError } from './request/body.js'
import { isAlreadyRead } from './request/body.js'
import { findDeviceCookie } from './request/device-cookie.js'
import { isOwnOrigin } from './request/origin.js'
import type { HeaderSource } from './request/request-token.js'
import { readHeader } from './request/request-token.js'
import { findTrustedCookie } from './request/trusted-cookie.js'
import type { Cors } from './response/cors.js'
import { createCors } from './response/cors.js'
import type { ApiError } from './response/errors.js'
import { errorStatus, thrownError } from './response/errors.js'
import type { Feature } from './routes/features.js'
import { findFeatureOff } from './routes/features.js'

/** What all requests of a handler share. It logs what an administrator must change, each cause within bounds. */
export interface Site {
  readonly torii: Torii<object>
  readonly pages: Pages
  readonly showPage: ShowPage
  /** Returns the language of a request, by its Accept-Language. */
  chooseLanguage(headers: HeaderSource): Language
  /** The origins that the Origin rule accepts: those of the base URL and the trusted ones. */
  readonly origins: readonly string[]
  readonly cors: Cors
  /** Applies the Origin rule. Logs a refusal, with the expected origins. */
  isOwnOrigin(method: string | undefined, headers: HeaderSource): boolean
  /** Logs a request that was refused because of its origin, with the expected origins. */
  logRefusedOrigin(headers: HeaderSource): void
  /** Returns the error of a feature that is off, or null. Logs each feature once. */
  featureError(feature: Feature | undefined): ApiError | null
  /** Returns the error of a body. Logs once that the server has read a body before Torii. */
  bodyError(route: string, error: BodyError): BodyError
  /** Returns the request information of headers and an IP address. Logs once that an address is missing. */
  requestInfo(headers: HeaderSource, ip: string | null): RequestInfo
  /** Returns the error for a thrown value, which is logged if the server caused it. The response never contains it. */
  failed(route: string, thrown: unknown): ApiError
}

/** The longest part of an Origin header that is logged. */
const maxOriginCharacters = 200

/** Creates the site of a handler. */
export function createSite(torii: Torii<object>, settings: HandlerSettings): Site {
  const { baseUrl, trustedOrigins, cookie, log } = torii.options
  const origins = Object.freeze([...new Set([...baseUrl.origins, ...trustedOrigins])])
  const featuresLogged = new Set<Feature>()
  const logUnknownIp = onlyOnce(() => log({ level: 'warn', event: 'ip_address_unknown' }))
  const logReadBody = onlyOnce((route: string) =>
    log({ level: 'warn', event: 'body_already_read', route }),
  )
  const logBusy = onceAMinute((count) => log({ level: 'warn', event: 'busy', count }))
  const logOrigin = onceAMinute<string | null>((count, origin) =>
    log({ level: 'warn', event: 'origin_refused', origin, expected: origins, count }),
  )
  const logRefusedOrigin = (headers: HeaderSource) =>
    logOrigin(readHeader(headers, 'origin')?.slice(0, maxOriginCharacters) ?? null)
  return {
    torii,
    ...settings,
    origins,
    cors: createCors(torii.options),
    isOwnOrigin(method, headers) {
      if (isOwnOrigin(method, headers, { origins })) return true
      logRefusedOrigin(headers)
      return false
    },
    logRefusedOrigin,
    featureError(feature) {
      const missing = feature === undefined ? null : findFeatureOff(feature, torii.options)
      if (feature === undefined || missing === null) return null
      const { option, message } = missing
      if (!featuresLogged.has(feature))
        log({ level: 'warn', event: 'feature_not_enabled', feature, option })
      featuresLogged.add(feature)
      return { error: 'not_enabled', message }
    },
    bodyError(route, error) {
      if (isAlreadyRead(error)) logReadBody(route)
      return error
    },
    requestInfo(headers, ip) {
      const info = readRequestInfo({
        ip,
        userAgent: readHeader(headers, 'user-agent'),
        deviceCookie: findDeviceCookie(readHeader(headers, 'cookie'), cookie),
        trustedCookie: findTrustedCookie(readHeader(headers, 'cookie'), cookie),
        header: (name: string) => readHeader(headers, name),
      })
      if (info.ip === null) logUnknownIp()
      return info
    },
    failed(route, thrown) {
      const error = thrownError(thrown)
      const status = errorStatus[error.error]
      if (error.error === 'busy') logBusy()
      else if (status >= 500)
        log({ level: 'error', event: 'request_failed', route, status, error: thrown })
      return error
    },
  }
}

/** Names the expected origins on localhost, for developers; anywhere else the log names them. */
export const originError = ({ torii, origins }: Site): ApiError => {
  if (torii.options.baseUrl.origins.length === 1) return { error: 'origin_not_allowed' }
  const message = `Requests from this origin are not allowed. Send them from ${origins.join(', ')} (a program: as the header Origin), or change the options baseUrl or trustedOrigins.`
  return { error: 'origin_not_allowed', message }
}

function onlyOnce<Arguments extends readonly unknown[]>(
  work: (...args: Arguments) => void,
): (...args: Arguments) => void {
  let isDone = false
  return (...args) => {
    if (!isDone) work(...args)
    isDone = true
  }
}
