/**
 * Attacks that the tests play, by the ids that test names carry: `T1.1` in a name (or `(1)`, the number is used
 * once) is found by itself; a test named otherwise is written here, as `path: name` with `…` for what a template
 * puts in. What is not ours says why.
 */
const conformance = (file, name) => ({ test: `packages/core/src/conformance/${file}.ts: ${name}` })
const storage = (file, name) => ({ test: `packages/storage-postgres/src/${file}.test.ts: ${name}` })
const auth = (file, name) => ({ test: `packages/auth/src/${file}.test.ts: ${name}` })
const notOurs = (because) => ({ notOurs: `because ${because}` })

/** `[id, attack, ...proofs]`. */
export const securityLines = [
  [
    'T1.1',
    'one magic link opened by many at once',
    conformance('magic-links', 'consume: one session for twenty who open a link of …'),
  ],
  [
    'T1.2',
    'one reset token used by many at once',
    conformance(
      'verification-tokens-reset',
      'resetPassword: one winner among twenty, whose password is stored',
    ),
  ],
  [
    'T1.3',
    'one verification or change of address used by many at once',
    conformance(
      'verification-tokens-verify',
      'verifyEmail: one winner among twenty, and one session',
    ),
    conformance('verification-tokens-change', 'changeEmail: one winner among twenty'),
    { note: 'Deleting an account asks for a recent proof, not for a mailed token.' },
  ],
  [
    'T1.4',
    'one OAuth state answered by many at once',
    conformance('oauth-states', 'consume: one winner among twenty'),
  ],
  [
    'T1.5',
    'one passkey challenge answered by many at once',
    conformance('passkey-challenges', 'consume: one winner among twenty'),
    conformance('passkeys-answers', 'findForSignIn: one winner among twenty'),
  ],
  [
    'T1.7',
    'a token that expires while its use waits for a lock',
    storage('take-over', 'is refused by a link that expires meanwhile'),
    storage('take-over', 'is refused by a reset token that expires meanwhile'),
    storage('take-over', 'is refused by a token for a new address that expires meanwhile'),
  ],
  [
    'T1.8',
    'an expired row that no sweep has deleted',
    conformance('magic-links', 'consume: refuses an expired link'),
    conformance('verification-tokens-change', 'changeEmail: refuses an expired token'),
    conformance('oauth-states', 'consume: refused from the moment it expires, good until then'),
    conformance(
      'passkey-challenges',
      'consume: refused from the moment it expires, good until then',
    ),
  ],
  ['T1.9', 'a token of one purpose used for another'],
  [
    'T1.10',
    "one account's token with another's session or address",
    conformance('magic-links-codes', 'consumeCode: a code of another address is wrong'),
  ],
  [
    'T1.11',
    'a reset token after a new one was asked for',
    conformance('verification-tokens', 'issue: of twenty … at once one token is left'),
  ],
  ['T1.12', 'a mailed token after the address has changed'],
  [
    'T1.14',
    'a token used while its account is deleted',
    storage('take-over', 'never brings a user back who is deleted meanwhile'),
    storage(
      'interleaving',
      'nothing is left without its user, and both tables name the same address',
    ),
  ],
  [
    'T1.15',
    'one address registered by many at once',
    auth('password/register', 'of twenty callers with one address one succeeds'),
  ],
  [
    'T1.16',
    'spellings of one address registered at once',
    conformance('users', 'register: one winner among twenty callers with spellings of one address'),
  ],
  [
    'T1.17',
    'the first sign-in of one identity by many at once',
    conformance(
      'oauth-accounts',
      'signIn: twenty first logins at once … make one user, one account, twenty sessions',
    ),
  ],
  [
    'T1.18',
    'one identity linked to two accounts at once',
    conformance(
      'oauth-accounts-linking',
      'link: of two users who link one identity at once one wins',
    ),
  ],
  [
    'T1.19',
    'the last two ways in taken away at once',
    storage('ways-in', 'the last two ways in, taken away by … callers at once'),
  ],
  [
    'T1.20',
    'more wrong passwords at once than the limit allows',
    conformance(
      'passwords',
      'findForSignIn: of twenty guesses at once exactly the cap of the … see a hash',
    ),
  ],
  [
    'T1.21',
    'a burst of wrong codes, the right one among them',
    conformance(
      'magic-links-codes',
      'consumeCode: of twenty wrong codes at once five are tried, then even the right one is refused',
    ),
  ],
  [
    'T1.22',
    'counting by many at once',
    conformance('login-attempts', 'charge: twenty at once are counted as twenty'),
  ],
  [
    'T1.23',
    'one session rotated by two tabs at once',
    conformance('sessions-secrets', 'rotate: one winner among twenty'),
    storage(
      'epochs',
      'sessions.rotate and reauthenticate: one of 20 has the new secret, the old one is dead',
    ),
  ],
  [
    'T1.25',
    "a provider's tokens refreshed by many at once",
    conformance('oauth-accounts-tokens', 'leaseRefresh: one winner among twenty'),
    conformance('oauth-accounts-tokens', 'replaceTokens: one winner among twenty'),
  ],
  [
    'T1.26',
    'two counts of one passkey in any order',
    conformance(
      'passkeys-sign-in',
      'signIn: two counts at once, in any order, end at the higher one',
    ),
  ],

  ['T2.27', 'a cookie from before the sign-in'],
  ['T2.28', 'a made-up session'],
  ['T2.29', 'a token after signing out'],
  [
    'T2.30',
    'other sessions after a change, reset or removal of the password',
    conformance(
      'passwords-changes',
      'change: replaces the password, ends every other session, keeps the asking one',
    ),
    conformance(
      'passwords-removal',
      'remove: removes the password, ends every other session, keeps the asking one',
    ),
    {
      note: 'Deleting a passkey ends no session: a session is not bound to the way it was opened by.',
    },
  ],
  [
    'T2.31',
    'every way in of a disabled account',
    conformance('oauth-accounts', 'signIn: refused for a disabled user, in every way'),
    conformance('magic-links', 'consume: refuses a user who was disabled meanwhile'),
    conformance(
      'passkeys-answers',
      'findForSignIn: null for a disabled, a deleted and a past owner; the challenge is burned',
    ),
  ],
  [
    'T2.32',
    'rows and tokens of a deleted account',
    conformance('users-delete', 'delete: deletes the user and what belongs to it'),
    {
      note: 'Events of the audit trail outlive their user, by id and without an address, until their retention ends.',
    },
  ],
  [
    'T2.33',
    'a session beyond its idle or absolute end',
    conformance('sessions-touch', 'touch: never passes the absolute end'),
  ],
  [
    'T2.35',
    'a change of the account while it is signed in',
    notOurs(
      'there are no roles and no cache of sessions here: what validation answers is read in that statement',
    ),
  ],
  ['T2.36', "somebody else's session by its id"],
  [
    'T2.37',
    'a session row moved to another user in a stolen backup that is written back',
    notOurs(
      'who can write to the database can write anything into it; the row holds a hash, which opens nothing',
    ),
  ],
  ['T2.38', 'a token in the query or the body'],
  ['T2.39', 'two cookies of one name'],
  [
    'T2.41',
    'a revoked session after a restart',
    storage(
      'failover',
      'follows a failover: the same storages recover, every acknowledged session is there',
    ),
    storage('embedded', 'keeps its data over a close, and what a killed process had acknowledged'),
    { note: 'What is revoked is a row changed or gone: nothing of it lives in a process.' },
  ],
  ['T2.42', 'forged JWTs: none, swapped algorithms, foreign headers, missing claims'],

  ['T3.43', 'letters that fold to those of an existing address'],
  ['T3.44', 'other at signs'],
  ['T3.45', 'two recipients in one address, header lines in names'],
  ['T3.46', 'invisible characters in an address'],
  ['T3.47', 'a decomposed address'],
  ['T3.48', 'two writings of one domain'],
  ['T3.49', 'mail to an address as an attacker spelt it'],
  [
    'T3.50',
    'NUL and half a surrogate pair in every text',
    {
      test: 'packages/core/src/conformance.test.ts: every method of the contract makes a promise and refuses bad arguments',
    },
  ],
  [
    'T3.51',
    'texts of a megabyte',
    auth('bad-input', 'register: what is not a … is refused by its name before any statement'),
    auth('bad-input', 'hostile request info is cleaned, never stored as it came'),
  ],
  [
    'T3.52',
    "a user name that equals another's address",
    notOurs('there are no user names: people are known by addresses and identities'),
  ],
  ['T3.53', 'HTML in addresses and names of a mail'],
  ['T3.54', 'texts that make a validator slow'],

  [
    'T4.55',
    'telling accounts apart by answers',
    auth(
      'http/password',
      'signing in answers 200 with a new token; wrong, unknown and disabled are one 401',
    ),
  ],
  ['T4.56', 'telling accounts apart by work'],
  [
    'T4.57',
    'telling accounts apart by time',
    auth(
      'password/authenticate',
      'T4.56 wrong, unknown, passwordless, disabled and impossible cost and answer the same',
    ),
    {
      note: 'The statistics, with controls that must be found, are `npm run bench -- timing`: they need a quiet machine.',
    },
  ],
  ['T4.58', 'telling accounts apart by registering'],
  ['T4.59', 'telling accounts apart by asking for mail, also with a slow or failing mailer'],
  ['T4.60', 'telling accounts apart by passkey options'],
  [
    'T4.62',
    'telling accounts apart by typed codes',
    conformance(
      'magic-links-codes',
      'consumeCode: an address that no link was mailed to is refused alike',
    ),
  ],
  [
    'T4.63',
    'telling accounts apart by locks',
    conformance(
      'passwords',
      'findForSignIn: a locked account is refused alike for a real and a made-up address',
    ),
  ],

  [
    'T5.64',
    "an attacker registers the victim's address, who then comes by a provider",
    conformance(
      'oauth-accounts',
      'signIn: takes an unverified account over; no way in from before counts any more',
    ),
    storage('ways-in', "a squatter adds ways in while the mailbox's owner takes over, … rounds"),
  ],
  [
    'T5.65',
    'the same, and the victim comes by mail',
    conformance(
      'magic-links',
      'consume: the first proof of an address ends what was made before it',
    ),
    storage('take-over', "the attacker's account is used while the victim comes by …: … rounds"),
  ],
  ['T5.66', 'a session held open over a take-over'],
  ['T5.68', 'a provider that does not say `true` of the address'],
  [
    'T5.69',
    'another provider with the same subject or address',
    conformance('oauth-accounts', 'signIn: (provider, subject) is the identity, byte by byte'),
  ],
  ['T5.70', "an ID token of the attacker's issuer"],
  ['T5.71', "a link begun by one person and finished in another's browser"],
  [
    'T5.72',
    'a person who marks their own address as verified',
    conformance(
      'users-profile',
      'updateProfile: a member that is no profile field is never stored',
    ),
  ],

  [
    'T6.74',
    'callbacks with a missing, foreign, expired or used state',
    conformance(
      'oauth-states',
      'consume: refused for … answer, which uses the state up all the same',
    ),
  ],
  ['T6.75', "one provider's answer at another's callback"],
  ['T6.76', 'a callback with an error'],
  ['T6.77', 'a code used twice'],
  ['T6.78', 'a wrong or missing verifier'],
  ['T6.79', 'hostile ID tokens'],
  ['T6.80', 'hostile answers of a token endpoint'],
  ['T6.81', 'hostile addresses to go to after signing in'],
  [
    'T6.82',
    'forged Host and Forwarded headers',
    auth(
      'http/handler',
      'the host of a request decides nothing: the cookie and the origins are those of the base URL',
    ),
  ],
  ['T6.83', 'a provider that was switched off'],

  ['T7.84', 'every changed bit of a passkey answer'],
  ['T7.85', 'each step of WebAuthn broken alone'],
  [
    'T7.86',
    'a counter that does not rise',
    conformance('passkeys-sign-in', 'reauthenticate: a count that did not rise changes nothing'),
  ],
  [
    'T7.87',
    'one credential registered by two people',
    conformance('passkeys', 'add: refused for a credential that is registered, to whomever'),
    conformance('passkeys', 'add: of two users who add one credential at once one wins'),
  ],
  [
    'T7.89',
    "somebody else's passkey renamed or deleted",
    conformance('passkeys-changes', 'delete: takes the passkey away; keyed by the owner'),
    conformance('passkeys', "add and delete: refused for a session that is not this user's"),
  ],
  [
    'T7.90',
    'a challenge of another ceremony or another person',
    conformance(
      'passkey-challenges',
      "consume: bound to user, session and both epochs; a stranger's answer burns it",
    ),
  ],
  ['T7.91', 'CBOR bombs'],

  ['T8.92', 'bcrypt passwords that share their first 72 bytes'],
  ['T8.93', 'long passwords and both Unicode forms'],
  [
    'T8.94',
    'a trailing space, an inner NUL, another case',
    auth('password/hashing', 'only the very same password verifies'),
  ],
  [
    'T8.95',
    'a rehash that fails',
    auth('password/authenticate', 'a failed rehash never fails the sign-in'),
  ],
  [
    'T8.97',
    'a thousand sign-ins at once',
    auth(
      'password/hashing-queue',
      'refuses beyond its places before any work begins, and admits again when one is free',
    ),
    { note: 'Memory and latency under such a flood are measured in bench/.' },
  ],
  [
    'T8.98',
    'a pool that is used up while passwords are hashed',
    auth(
      'password/register',
      'no connection is held while twenty passwords are hashed: a pool of one serves the rest',
    ),
  ],
  ['T8.99', 'common passwords, also decorated'],

  [
    'T9.100',
    'hostile names of a schema',
    storage('schema-name', '…: refused, by both ways to open a storage, and nothing is created'),
    storage('schema-name', '…: exactly that schema is made, and dropping it leaves the others'),
  ],
  [
    'T9.102',
    'what the role of the application may not do',
    storage('roles', 'may not: …'),
    storage('roles', 'may read and write the rows of every table, and do nothing else to any'),
  ],
  [
    'T9.103',
    'running without the rights of the migrator',
    storage('roles', 'migrates when nothing is pending, and does nothing'),
    { note: 'The conformance suite runs as that role too.' },
  ],
  [
    'T9.104',
    'SQL in every text',
    conformance('users-profile', 'updateProfile: metadata comes back as given, keys and values'),
    conformance('audit-events', 'record: texts and details come back as given'),
    conformance('passkeys', 'add: every member comes back byte by byte'),
  ],
  [
    'T9.106',
    "secrets in logs, ours and the server's",
    auth('at-rest', "the server's log, with its default settings, holds no secret"),
  ],
  ['T9.107', 'secrets in errors', auth('at-rest', 'our own log and every error hold no secret')],
  [
    'T9.108',
    'secrets in a dump',
    auth('at-rest', 'holds no secret, in no column of any table and in no writing'),
  ],
  [
    'T9.109',
    'ciphertexts moved, changed, or under a key that is gone',
    auth('keys/sealed-tokens', 'a value opens in its own place only'),
    auth('keys/sealed-tokens', 'every single flipped bit is noticed, in every field'),
  ],
  [
    'T9.110',
    'a nonce used twice',
    auth('keys/sealed-tokens', 'a hundred thousand seals repeat no nonce'),
    auth('keys/sealed-tokens', 'two seals of one value have another nonce, ciphertext and tag'),
  ],

  ['T10.111', 'every unsafe route from a foreign page'],
  ['T10.112', 'GET and HEAD on every route that changes something'],
  [
    'T10.114',
    'spellings of one network, forged forwarding headers',
    auth('attempts/attempts', 'spellings of one network share their count, purposes never do'),
  ],
  ['T10.115', 'malformed cookies, headers, paths and bodies'],
  ['T10.116', 'ids, roles and flags in a body'],
  ['T10.117', 'a guard that is configured wrongly'],
  ['T10.118', 'error and next parameters reflected in a page'],
  ['T10.119', 'an account locked by an attacker'],
  [
    'T10.120',
    'mail bombing',
    conformance('login-attempts-mail', 'chargeMail: of twenty at once the allowance is sent'),
  ],
]
