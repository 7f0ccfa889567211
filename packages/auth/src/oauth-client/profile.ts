import { canonicalEmail, checkName, checkPicture, checkText } from 'torii-core'
import type { ProviderProfile, ResolvedProvider } from './provider.js'
import { ProviderFailure } from './provider-failure.js'

/** Who came back, in the shape that the storage takes. */
export interface ProviderIdentity {
  readonly provider: string
  readonly subject: string
  readonly label: string | null
  readonly email: string | null
  /** The provider said `true`, and its definition says that it may be believed. */
  readonly emailVerified: boolean
  readonly name: string | null
  readonly picture: string | null
}

const maxSubjectBytes = 255
const maxLabelBytes = 254

/**
 * The profile as it may be stored. Without a usable subject it is nobody's; everything else that is not
 * what it should be is left out, for a bad picture must not keep a person out.
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
    // "false" and 1 are truthy. Nothing but true is a yes.
    emailVerified: email !== null && provider.trustEmail && given.emailVerified === true,
    name: orNull(() => checkName(given.name ?? null)),
    picture: orNull(() => checkPicture(given.picture ?? null)),
  }
}

function readSubject(value: unknown): string {
  const subject = orNull(() => checkText(value, 'subject', { bytes: maxSubjectBytes }))
  if (subject === null || subject === '') throw new ProviderFailure('profile', 'subject')
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
