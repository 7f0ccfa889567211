import type { SecondFactorPolicy } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { Mailer } from '../../mail/message.js'
import { defaults } from './defaults.js'
import type { Profile } from './profile.js'

/** The options of second factors. */
export interface SecondFactorOptions {
  /**
   * Of whom a second factor is asked besides the users who have one (default: `optional`, of none). `per-user`: of those of whom
   * `torii.admin.requireSecondFactor` asks it. `always`: of every user. A user without one then enrolls during the next
   * sign-in, after a code that is mailed to them. Both need the options `keys` and `mailer`; `always` also needs
   * `requireVerifiedEmail`.
   */
  readonly required: SecondFactorPolicy
  /**
   * Whether users may trust a browser after a code or a passkey: for `days`, 1 to 90, it signs them in without one, at level 1. Needs the
   * option `keys`, and `secondFactor.required` to be `optional`. False ends the trust of every browser at once (default: false).
   */
  readonly trustedBrowsers: { readonly days: number } | false
}

const policies: readonly SecondFactorPolicy[] = ['optional', 'per-user', 'always']

/** @throws InvalidOptionsError */
export function resolveSecondFactor(
  value: unknown,
  site: {
    keys: KeyRing
    mailer: Mailer | null
    requireVerifiedEmail: boolean
    profile: Profile | null
  },
): SecondFactorOptions {
  const given = readSection(value, 'secondFactor', Object.keys(defaults.secondFactor))
  const { required = defaults.secondFactor.required } = given
  const option = 'secondFactor.required'
  const reason = site.profile === null ? '' : `, which profile ${site.profile} sets`
  const policy = policies.find((known) => known === required)
  if (policy === undefined)
    throw new InvalidOptionsError(option, `must be one of ${policies.join(', ')}`)
  if (policy !== 'optional') {
    site.keys.writing('totp-secrets')
    if (site.mailer === null)
      throw new InvalidOptionsError(
        option,
        `${policy}${reason}, needs the option mailer: before a user enrolls during a sign-in, a mailed code proves that they are the owner`,
      )
  }
  if (policy === 'always' && !site.requireVerifiedEmail)
    throw new InvalidOptionsError(
      option,
      `${policy}${reason}, needs requireVerifiedEmail: a user who has just registered has no second factor, and cannot be signed in at once`,
    )
  const trustedBrowsers = readTrustedBrowsers(given.trustedBrowsers)
  if (trustedBrowsers !== false) {
    site.keys.writing('trusted-browsers')
    if (policy !== 'optional')
      throw new InvalidOptionsError(
        'secondFactor.trustedBrowsers',
        `must be false where secondFactor.required is ${policy}${reason}: every sign-in has to prove a factor that is required`,
      )
  }
  return Object.freeze({ required: policy, trustedBrowsers })
}

/** Seconds for which a browser is trusted; null where none is. The one place that decides whether browsers are trusted. */
export const trustSeconds = ({ trustedBrowsers }: SecondFactorOptions): number | null =>
  trustedBrowsers === false ? null : trustedBrowsers.days * 86_400

function readTrustedBrowsers(value: unknown): SecondFactorOptions['trustedBrowsers'] {
  if (value === undefined || value === false) return false
  const { days } =
    value === true ? {} : readSection(value, 'secondFactor.trustedBrowsers', ['days'])
  if (days === undefined)
    throw new InvalidOptionsError('secondFactor.trustedBrowsers', 'must be false, or { days: 30 }')
  const rule = { min: 1, max: 90, otherwise: 0 }
  const checked = readWholeNumber(days, 'secondFactor.trustedBrowsers.days', rule)
  return Object.freeze({ days: checked })
}
