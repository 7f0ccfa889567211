import { canonicalEmail, checkName, checkPicture, checkText } from 'torii-core'
import type { ProviderProfile, ResolvedProvider } from './provider.js'
import { ProviderFailure } from './provider-failure.js'

/** The identity of a user at a provider, in the form for the storage. */
export interface ProviderIdentity {
  readonly provider: string
  readonly subject: string
  readonly label: string | null
  readonly email: string | null
  /** True if the provider reports it as verified and its definition trusts it. */
  readonly emailVerified: boolean
  readonly name: string | null
  readonly picture: string | null
}

const maxSubjectBytes = 255
/** What `String(…)` makes of an id that is absent or has another shape: the same text for every user. */
const notSubjects: readonly string[] = ['', 'undefined', 'null', 'NaN', '[object Object]']
const maxLabelBytes = 254

/**
 * Validates a profile. The subject is required; any other invalid value becomes null, so that an invalid picture does not
 * prevent a sign-in.
 * @throws ProviderFailure
 */
export function readIdentity(provider: ResolvedProvider, profile: unknown): ProviderIdentity {
  const given: { readonly [Name in keyof ProviderProfile]?: unknown } = Object(profile)
  const email = canonicalEmail(given.email) === null ? null : String(given.email)
  return {
    provider: provider.name,
    subject: readSubject(given.subject),
    label: readLabel(given.label),
    email,
    // "false" and 1 are truthy, so only true counts.
    emailVerified: email !== null && provider.trustEmail && given.emailVerified === true,
    name: orNull(() => checkName(given.name ?? null)),
    picture: orNull(() => checkPicture(given.picture ?? null)),
  }
}

/** An integer beyond 2^53 was rounded, so it may be the id of another user. */
function readSubject(value: unknown): string {
  const given = Number.isSafeInteger(value) ? String(value) : value
  const subject = orNull(() => checkText(given, 'subject', { bytes: maxSubjectBytes }))
  if (subject === null || notSubjects.includes(subject))
    throw new ProviderFailure('profile', 'subject')
  return subject
}

function readLabel(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = value.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '').trim()
  return text === '' || Buffer.byteLength(text) > maxLabelBytes ? null : text
}

function orNull<Value>(check: () => Value): Value | null {
  try {
    return check()
  } catch {
    return null
  }
}
