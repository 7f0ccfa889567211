import type { OAuthAccount, Passkey, SecondFactors, Session, User } from 'torii-core'
import { printable } from './printable.js'

/** Sign-in methods of an account. Holds no secret. */
export interface SignInMethods {
  readonly password: boolean
  readonly passkeys: readonly Passkey[]
  readonly oauthAccounts: readonly OAuthAccount[]
  readonly secondFactors: SecondFactors
}

/** The members of a user that the command prints, named one by one, so that nothing secret is ever added unseen. */
export const viewUser = (user: User) => ({
  id: user.id,
  email: user.email,
  emailVerifiedAt: user.emailVerifiedAt,
  name: user.name,
  picture: user.picture,
  metadata: user.metadata,
  disabledAt: user.disabledAt,
  createdAt: user.createdAt,
  updatedAt: user.updatedAt,
})

export const viewSession = (session: Session) => ({
  id: session.id,
  methods: session.methods,
  level: session.level,
  ip: session.ip,
  userAgent: session.userAgent,
  createdAt: session.createdAt,
  lastActiveAt: session.lastActiveAt,
  expiresAt: session.expiresAt,
})

export const viewMethods = ({
  password,
  passkeys,
  oauthAccounts,
  secondFactors: { totp, recoveryCodes },
}: SignInMethods) => ({
  password,
  passkeys: passkeys.map(({ id, name, createdAt, lastUsedAt }) => ({
    id,
    name,
    createdAt,
    lastUsedAt,
  })),
  oauthAccounts: oauthAccounts.map(({ id, provider, label, createdAt, lastUsedAt }) => ({
    id,
    provider,
    label,
    createdAt,
    lastUsedAt,
  })),
  secondFactors: { totp, recoveryCodes: { remaining: recoveryCodes.remaining } },
})

/** One line: id, email address, name, state. */
export function userLine(user: User): string {
  const states = [
    ...(user.emailVerifiedAt === null ? ['unverified'] : []),
    ...(user.disabledAt === null ? [] : ['disabled']),
  ]
  const parts = [user.id, printable(user.email ?? '(no email address)'), printable(user.name ?? '')]
  return [...parts, states.length === 0 ? '' : `(${states.join(', ')})`]
    .filter((part) => part !== '')
    .join('  ')
}

/** A profile as lines for a person. */
export function describeUser(user: User): string {
  const rows: readonly (readonly [string, string])[] = [
    ['id', user.id],
    ['email', `${user.email ?? 'none'}${user.emailVerifiedAt === null ? ' (unverified)' : ''}`],
    ['name', user.name ?? 'none'],
    ['picture', user.picture ?? 'none'],
    ['metadata', JSON.stringify(user.metadata)],
    ['created', user.createdAt.toISOString()],
    ['updated', user.updatedAt.toISOString()],
    ['disabled', user.disabledAt?.toISOString() ?? 'no'],
  ]
  return rows.map(row).join('\n')
}

export function describeMethods({
  password,
  passkeys,
  oauthAccounts,
  secondFactors: { totp, recoveryCodes },
}: SignInMethods): string {
  const factor = `authenticator app, ${recoveryCodes.remaining} recovery codes left`
  return [
    row(['password', password ? 'yes' : 'no']),
    row(['factor', totp === null ? 'no' : factor]),
    ...passkeys.map(({ id, name }) => row(['passkey', `${id}  ${name}`])),
    ...oauthAccounts.map(({ id, provider, label }) =>
      row(['provider', `${id}  ${provider}  ${label ?? ''}`.trimEnd()]),
    ),
  ].join('\n')
}

/** One line: id, last use, IP address, user agent. */
export const sessionLine = ({ id, lastActiveAt, ip, userAgent }: Session): string =>
  [id, lastActiveAt.toISOString(), ip ?? '-', printable(userAgent ?? '-')].join('  ')

const row = ([label, value]: readonly [string, string]): string =>
  `${label.padEnd(10)}${printable(value)}`
