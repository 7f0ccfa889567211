import { InvalidOptionsError } from 'torii-core'
import type { ResolvedOptions } from './options.js'

/** `aal2`: authentication assurance level 2 of NIST SP 800-63B-4. */
export type Profile = 'aal2'

/** @throws InvalidOptionsError */
export function resolveProfile(value: unknown): Profile | null {
  if (value === undefined || value === null) return null
  if (value === 'aal2') return value
  throw new InvalidOptionsError('profile', 'must be aal2, or absent')
}

/** The options that a profile sets where the application sets none. docs/levels.md has the source of each. */
const values = {
  aal2: {
    session: { idleSeconds: 3600, absoluteSeconds: 86_400 },
    magicLink: false,
    // A site on which passkeys cannot work refuses options of passkeys, and so the profile: one way to resist phishing is to be offered.
    passkey: { userVerification: 'required' },
    secondFactor: { required: 'always' },
  },
} as const

/** Adds the options of the profile to those that are given. Sections are completed member by member. */
export function withProfile(
  given: Readonly<Record<string, unknown>>,
  profile: Profile | null,
): Readonly<Record<string, unknown>> {
  if (profile === null) return given
  const merged: Record<string, unknown> = { ...given }
  for (const [name, value] of Object.entries(values[profile])) {
    const own = given[name]
    if (own === undefined) merged[name] = value
    else if (typeof value === 'object' && typeof own === 'object' && own !== null)
      merged[name] = { ...value, ...withoutUndefined(own) }
  }
  return merged
}

const withoutUndefined = (section: object) =>
  Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined))

type Checked = Pick<ResolvedOptions, 'session' | 'magicLink' | 'passkey' | 'secondFactor' | 'oauth'>

/** What a profile asks of the complete options: null, or the option that falls short and what to do. */
const rules: readonly ((options: Checked) => readonly [option: string, demand: string] | null)[] = [
  ({ session }) =>
    session.idleSeconds <= values.aal2.session.idleSeconds
      ? null
      : ['session.idleSeconds', 'must be at most 3600 (section 2.2.3)'],
  ({ session }) =>
    session.absoluteSeconds <= values.aal2.session.absoluteSeconds
      ? null
      : ['session.absoluteSeconds', 'must be at most 86400 (section 2.2.3)'],
  ({ secondFactor }) =>
    secondFactor.required === 'always'
      ? null
      : [
          'secondFactor.required',
          'must be always: every sign-in proves two factors (section 2.2.1)',
        ],
  ({ magicLink }) =>
    magicLink === null
      ? null
      : ['magicLink', 'must be false: email is no authenticator (section 3.1.3.1)'],
  ({ passkey }) =>
    passkey.userVerification === 'required'
      ? null
      : [
          'passkey.userVerification',
          'must be required: without it a passkey is one factor (section 3.1.7)',
        ],
  ({ oauth }) => {
    const at = oauth.providers.findIndex(({ trustFirstFactor }) => !trustFirstFactor)
    return at < 0
      ? null
      : [
          `oauth.providers[${at}].trustFirstFactor`,
          'must be true: say that you trust the authentication at this provider as the first factor, or leave the provider out (NIST SP 800-63C-4)',
        ]
  },
]

/** @throws InvalidOptionsError naming the option that falls short of the profile */
export function checkProfile(profile: Profile | null, options: Checked): void {
  if (profile === null) return
  for (const rule of rules) {
    const problem = rule(options)
    if (problem !== null)
      throw new InvalidOptionsError(problem[0], `${problem[1]}, with profile ${profile}`)
  }
}

/** A recovery code opens a session in which the user sets up a new authenticator, and no longer one. */
const recoverySeconds = 900

/** Seconds after which a session ends that a recovery code opened; null where it lives as long as any other. */
export const maxRecoverySeconds = ({ profile }: Pick<ResolvedOptions, 'profile'>): number | null =>
  profile === null ? null : recoverySeconds
