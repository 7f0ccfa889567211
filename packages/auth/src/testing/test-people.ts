import { randomBytes } from 'node:crypto'

/** The claims that a provider has of a user. */
export interface TestPerson {
  /** The provider's id of the user: the same person signs in with the same. */
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
  readonly picture?: string
  /** How the person authenticated at the provider: in the ID token, for `trustSecondFactor`. */
  readonly acr?: string
  /** The methods of that authentication, such as `['mfa']`: in the ID token. */
  readonly amr?: readonly string[]
  /** The time of that authentication in seconds: in the ID token, by default the time of the token. */
  readonly auth_time?: number
  readonly [claim: string]: unknown
}

/** An email address that no other test uses. */
export const newTestEmail = (): string => `${randomBytes(8).toString('hex')}@example.com`

/** Returns a new person with a verified email address; `claims` are added or replace others. */
export const newTestPerson = (claims: Partial<TestPerson> = {}): TestPerson => ({
  sub: `person-${randomBytes(8).toString('hex')}`,
  email: newTestEmail(),
  email_verified: true,
  name: 'Test Person',
  ...claims,
})
