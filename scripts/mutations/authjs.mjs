/** Guards of torii-authjs, each weakened alone; as in storage.mjs. */
const guard = (file, weakens, from, to, tests = [file]) => ({
  file: `packages/authjs/src/${file}.ts`,
  weakens,
  from,
  to,
  tests: tests.map((name) => `packages/authjs/src/${name}.test`),
})

export const authjsMutations = [
  guard(
    'session-token',
    'a session of Auth.js has several tokens',
    "  if (prefix + bytes.toString('base64url') !== token) return null\n",
    '',
    ['sessions'],
  ),
  guard(
    'sessions',
    'Auth.js signs in a user with a second factor without asking for it',
    "secondFactor: 'per-user',",
    'level: 2,',
  ),
  guard(
    'sessions',
    'a session of Auth.js has no absolute end',
    'Math.max(idleSeconds, options.absoluteSeconds)',
    'Math.max(idleSeconds, 34_560_000)',
  ),
  guard(
    'users',
    'updateUser of Auth.js ignores another address',
    'if (email !== undefined) refuseOtherEmail(changed, email)\n',
    '',
  ),
  guard('identity', 'a look-up of Auth.js signs in', '      if (!keep) throw undone\n', '', [
    'accounts',
  ]),
  guard(
    'identity',
    'a look-up of Auth.js creates the user',
    "if (outcome.how !== 'known') throw undone",
    "if (outcome.how !== 'known') return",
    ['accounts'],
  ),
  guard(
    'short-session',
    'the session on whose behalf Auth.js links an account stays',
    '    await tx.sessions.revoke(userId, key.id)\n',
    '',
    ['accounts'],
  ),
  guard(
    'accounts',
    'an OpenID provider can have the id of a webauthn provider',
    "if ((account.type === 'webauthn') !== isWebauthn(account.provider))",
    "if (account.type === 'webauthn' && !isWebauthn(account.provider))",
  ),
  guard(
    'accounts',
    'an identity of another user verifies an address',
    "outcome.user.id !== user.id || outcome.how === 'known'",
    "outcome.how === 'taken'",
  ),
  guard(
    'accounts',
    'any provider of Auth.js verifies an address',
    'trustedProviders.has(identity.provider) && ',
    '',
  ),
  guard(
    'accounts',
    'an ID token that no one has validated verifies an address',
    " && account.type === 'oidc'",
    '',
  ),
  guard(
    'id-token',
    'an ID token without email_verified verifies an address',
    'claims?.email_verified === true && ',
    'claims !== null && ',
    ['accounts'],
  ),
  guard(
    'id-token',
    'an ID token with another address verifies the own one',
    ' && canonicalEmail(claims.email) === email',
    '',
    ['accounts'],
  ),
  guard(
    'verification-tokens',
    'a link of Auth.js works for any address',
    ' || (identifier !== undefined && identifier !== link.email)',
    '',
  ),
  guard(
    'verification-tokens',
    'a link of Auth.js leaves an account before the application has agreed',
    'if (outcome.created) await tx.users.delete(outcome.user.id)\n    else await',
    'await',
  ),
  guard(
    'authenticators',
    'one authenticator of Auth.js has several ids',
    'return isSame ? { credential, passkey } : null',
    'return passkey === undefined ? null : { credential, passkey }',
  ),
  guard(
    'authenticator-row',
    'an authenticator can mark its own transports',
    'transports.some((each) => each.startsWith(mark))',
    'transports.length > 16',
    ['authenticators'],
  ),
]
