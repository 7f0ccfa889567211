import { InvalidOptionsError } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'
import { isPageOrigin } from '../../base/base-url.js'
import { maybeSameSite } from '../../base/same-site.js'
import { defaults } from './defaults.js'

const maxOrigins = 32

/** Resolves the option `trustedOrigins`. @throws InvalidOptionsError for anything but exact origins */
export function resolveTrustedOrigins(value: unknown): readonly string[] {
  if (value === undefined) return defaults.trustedOrigins
  if (!Array.isArray(value) || value.length > maxOrigins)
    throw new InvalidOptionsError(
      'trustedOrigins',
      `must be a list of at most ${maxOrigins} origins`,
    )
  const origins: readonly unknown[] = value
  const wrong = origins.findIndex((origin) => !isPageOrigin(origin))
  if (wrong >= 0)
    throw new InvalidOptionsError(
      'trustedOrigins',
      `entry ${wrong + 1} must be an exact origin like https://app.example: https (http for localhost, 127.0.0.1 and [::1] only), lower case, without a path, a slash at the end, a default port or a wildcard`,
    )
  return Object.freeze([...new Set(origins.filter(isPageOrigin))])
}

/** Whether browsers send cookies between a page of this origin and the base URL. @see maybeSameSite for what is certain */
export const maybeSendsCookies = ({ origins }: Pick<BaseUrl, 'origins'>, origin: string): boolean =>
  origins.some((own) => maybeSameSite(own, origin))
