/**
 * Requirements of OWASP ASVS 5.0 that concern a library like this one, each with what holds it: the ids of
 * security-lines.mjs, tests by `path: name`, a page of docs/, or why it is not ours. What is asked is said in our
 * own words; the standard's text decides.
 */
const auth = (file, name) => ({ test: `packages/auth/src/${file}.test.ts: ${name}` })
const storage = (file, name) => ({ test: `packages/storage-postgres/src/${file}.test.ts: ${name}` })
const page = (name) => ({ page: name })
const notOurs = (because) => ({ notOurs: `because ${because}` })

/** `[item, what it asks, ...proofs]`, in the standard's order. */
export const asvsLines = [
  [
    '1.2.4',
    'queries take values as parameters only',
    'T9.104',
    storage('statements', '…: names schemas for all tables and functions, casts all parameters'),
  ],
  ['2.3.3', 'an act of several parts happens whole or not at all', 'T2.30', 'T5.65'],
  ['2.3.4', 'what may be used once is locked against a second use', 'T1.1', 'T1.2', 'T1.4', 'T1.5'],
  ['2.4.1', 'floods of calls are held off', 'T8.97', 'T10.120', page('brute-force.md')],
  [
    '3.3.1',
    'cookies are Secure, with the __Host- prefix',
    auth(
      'http/cookie',
      'on https the cookie carries the prefix that binds it to this host, and lives as long as the session',
    ),
  ],
  [
    '3.3.2',
    'SameSite is set as the cookie is used',
    auth(
      'http/cookie',
      'on https the cookie carries the prefix that binds it to this host, and lives as long as the session',
    ),
  ],
  [
    '3.3.4',
    'no script reads a session cookie',
    auth('http/password', 'no answer holds a token but the cookie'),
  ],
  [
    '3.3.5',
    'a cookie fits in 4,096 bytes',
    auth(
      'http/password',
      'registering answers 201 with user, session and cookie, in the shapes of the contract',
    ),
  ],
  ['3.5.1', 'a request from a foreign page changes nothing', 'T10.111'],
  [
    '3.5.2',
    'no request passes as harmless that a form could have sent',
    auth('http/body', 'only JSON is read: 415 for every form that a foreign page could send'),
  ],
  ['3.5.3', 'what changes something takes an unsafe method', 'T10.112'],
  ['3.7.2', 'nobody is sent on to a place that is not allowed', 'T6.81'],
  [
    '6.1.1',
    'limits on guessing are written down, and lock nobody out by malice',
    'T10.119',
    page('brute-force.md'),
  ],
  ['6.1.2', 'words that no password may be made of are written down', 'T8.99', page('password.md')],
  [
    '6.2.1',
    'passwords have at least 8 characters, better 15',
    auth('password/policy', 'length is counted in code points after NFC'),
  ],
  [
    '6.2.2',
    'people can change their password',
    auth('http/account', 'the password is changed, with its refusals'),
  ],
  [
    '6.2.3',
    'a change asks for the current password',
    auth(
      'password/change',
      'a wrong current password changes nothing and counts like a wrong sign-in',
    ),
  ],
  ['6.2.4', 'common passwords are refused', 'T8.99'],
  ['6.2.5', 'no rule on kinds of characters', auth('password/policy', 'accepted: …')],
  ['6.2.8', 'a password is verified exactly as it was given', 'T8.94'],
  ['6.2.9', 'passwords of 64 characters and more are possible', 'T8.93'],
  [
    '6.2.10',
    'passwords do not grow old',
    notOurs('nothing here ends a password by its age; only its owner, a reset or a take-over does'),
  ],
  ['6.2.11', 'words of the context are refused', auth('password/policy', 'T8.99: guessable: …')],
  [
    '6.2.12',
    'breached passwords are refused',
    auth(
      'password/settings',
      'T8.99 a breached password is refused before any query when registering, changing, setting and resetting',
    ),
  ],
  ['6.3.1', 'guessing and stuffing are held off', 'T1.20', 'T4.63'],
  ['6.3.2', 'there are no default accounts', notOurs('a new database holds no account')],
  ['6.3.4', 'every way in is as strong as it says, none is hidden', 'T2.31', page('sessions.md')],
  [
    '6.3.6',
    'mail is no factor of a second level',
    notOurs(
      'links and codes are one factor and documented as such; sessions say by which ways they were opened',
    ),
  ],
  [
    '6.3.7',
    'people are told of changes to their ways in',
    auth(
      'password/change',
      'T2.30 a change takes two statements, ends the other sessions, keeps this one, and is told by mail',
    ),
    auth(
      'email/email',
      'a change of address: mailed to the new one, the old one is told, other sessions end',
    ),
  ],
  [
    '6.3.8',
    'nobody learns who has an account',
    'T4.55',
    'T4.56',
    'T4.57',
    'T4.58',
    'T4.59',
    'T4.60',
  ],
  [
    '6.4.1',
    'initial secrets are random, short-lived and not the lasting password',
    auth('password/reset', 'a link made for the server itself is neither mailed nor charged'),
  ],
  ['6.4.2', 'no hints, no secret questions', notOurs('there are none')],
  [
    '6.4.3',
    'a reset goes around no second factor',
    notOurs('there are no second factors yet; a reset ends every session and opens none'),
  ],
  [
    '6.4.4',
    'a lost factor is replaced with the proof it had',
    notOurs('a lost passkey is replaced by whoever signs in another way that the account has'),
  ],
  [
    '6.4.6',
    'an operator starts a reset and never chooses the password',
    auth('password/reset', 'a link made for the server itself is neither mailed nor charged'),
  ],
  ['6.5.1', 'codes and links are used once', 'T1.1', 'T1.21'],
  [
    '6.5.2',
    'short codes are stored so that the table does not give them away',
    'T9.108',
    page('magic-link.md'),
  ],
  ['6.5.3', 'codes and links come from a secure random source', 'T9.108'],
  ['6.5.4', 'codes hold at least 20 bits', 'T1.21'],
  ['6.5.5', 'codes and links live ten minutes at most', 'T1.8', page('options.md')],
  ['6.6.2', 'a code is bound to the request that made it', 'T1.10', 'T1.11'],
  ['6.6.3', 'codes are guarded against trying all', 'T1.21', 'T4.62'],
  [
    '6.7.1',
    'keys that verify are guarded against change',
    notOurs('public keys stand in the database that is trusted with everything else'),
  ],
  ['6.7.2', 'challenges are long enough and never repeat', 'T1.5', 'T7.85'],
  [
    '6.8.1',
    'nobody is taken for another person of the same address at another provider',
    'T5.69',
    'T5.68',
  ],
  ['6.8.2', "a provider's signatures are always checked", 'T6.79'],
  ['7.1.1', 'idle and absolute lives are written down', page('sessions.md'), page('options.md')],
  ['7.2.1', 'sessions are verified by the server', 'T2.28'],
  ['7.2.2', 'sessions are opened by tokens made for them, not by lasting secrets', 'T2.28'],
  ['7.2.3', 'a reference token holds 128 random bits', 'T2.28', page('sessions.md')],
  ['7.2.4', 'signing in and proving again give a new token and end the old one', 'T2.27'],
  ['7.3.1', 'an idle session ends', 'T2.33'],
  ['7.3.2', 'every session ends', 'T2.33'],
  ['7.4.1', 'an ended session is over at once, everywhere', 'T2.29', 'T2.41'],
  ['7.4.2', 'disabling or deleting an account ends its sessions', 'T2.31', 'T2.32'],
  ['7.4.3', 'a changed way in lets people end their other sessions', 'T2.30'],
  [
    '7.4.4',
    'signing out is there on every page',
    notOurs('pages are the application’s; the route and the browser’s call are there'),
  ],
  [
    '7.4.5',
    'an operator ends sessions of one or of all',
    auth('sessions/sessions', 'a disabled or deleted person has no session (31, 32)'),
    page('admin.md'),
  ],
  [
    '7.5.1',
    'sensitive changes ask for a fresh proof',
    auth('http/account', 'what needs a recent proof says so, and works after proving it again'),
  ],
  ['7.5.2', 'people see their sessions and end any of them', 'T2.36'],
  ['9.1.1', 'self-contained tokens are verified by their signature', 'T2.42'],
  ['9.1.2', 'only listed algorithms sign them, never none', 'T2.42'],
  ['9.1.3', 'keys come from where they were configured, not from the token', 'T2.42'],
  ['9.2.1', 'a token is good within its time only', 'T2.42'],
  ['9.2.2', 'a token is good for its own purpose only', 'T1.9', 'T2.42'],
  ['9.2.3', 'a token is good for its audience only', 'T2.42'],
  [
    '10.1.1',
    'tokens reach only who needs them',
    auth('at-rest', 'our own log and every error hold no secret'),
    page('oauth.md'),
  ],
  [
    '10.1.2',
    'state, nonce and verifier are bound to the browser and the flow',
    'T6.74',
    'T6.77',
    'T6.78',
  ],
  ['10.2.1', 'forged callbacks end nowhere', 'T6.74', 'T6.78'],
  ['10.2.2', "one provider's answer is not taken at another's", 'T6.75'],
  ['10.2.3', 'no more is asked of a provider than is needed', page('oauth.md')],
  ['10.5.1', 'an ID token cannot be replayed', 'T6.79'],
  ['10.5.2', 'a person is known by the issuer and the subject', 'T5.69'],
  ['10.5.3', 'an issuer is taken by its exact name', 'T5.70', 'T6.79'],
  ['10.5.4', 'an ID token is for this client', 'T6.79'],
  [
    '11.1.1',
    'keys are managed: identified, rotated, taken away',
    auth(
      'keys/sealed-tokens',
      'rotation: all old values stay readable, new ones are under the new key, then the old key goes',
    ),
  ],
  [
    '11.2.1',
    'cryptography comes from proven implementations',
    notOurs(
      'the algorithms are those of Node.js, jose and oauth4webapi; only their use is ours',
    ),
  ],
  [
    '11.2.2',
    'algorithms and parameters can be changed over what is stored',
    auth(
      'password/authenticate',
      'a hash under older parameters is made again in the same two statements, once',
    ),
  ],
  [
    '11.2.4',
    'secrets are compared in constant time',
    page('../decisions/0002-epochs.md'),
    notOurs(
      'secrets are looked up by their hashes, whose comparison tells nothing of the secret; codes and seals are compared by node:crypto',
    ),
  ],
  [
    '11.2.5',
    'a failure to decrypt says nothing',
    auth('keys/sealed-tokens', 'garbage of any type does not open'),
  ],
  [
    '11.3.2',
    'only approved ciphers and modes',
    auth('keys/sealed-tokens', 'the format never changes: what is stored must stay readable'),
  ],
  ['11.3.3', 'what is encrypted is authenticated', 'T9.109'],
  ['11.3.4', 'a nonce is used once', 'T9.110'],
  [
    '11.4.2',
    'passwords are stored by a slow hash with current parameters',
    auth(
      'password/hashing',
      'a hash is Argon2id under the current parameters, and never the same twice',
    ),
  ],
  [
    '11.5.1',
    'what must not be guessed holds 128 random bits from a secure source',
    'T2.28',
    'T9.108',
  ],
  ['13.2.2', 'the application runs with the least rights', 'T9.102', 'T9.103'],
  [
    '13.3.1',
    'secrets of the server are kept apart from the data',
    auth('keys/key-ring', 'a ring shows nothing of its keys, wherever it is printed'),
    page('../SECURITY.md'),
  ],
  [
    '14.2.1',
    'secrets travel in bodies and headers, never in a URL',
    'T2.38',
    auth(
      'http/landing',
      'a link leaves the URL at once, shows whom it is about, and acts only by its button',
    ),
  ],
  ['14.3.2', 'answers with personal data are not cached', page('http.md')],
  ['15.1.3', 'costly work is known and bounded', 'T8.97', 'T8.98'],
  ['15.2.2', 'a flood of costly work leaves the rest alive', 'T8.98'],
  ['15.3.2', 'calls to others follow no redirect and read no endless answer', 'T6.80'],
  ['15.3.3', 'no member of a body reaches what it was not meant for', 'T5.72', 'T10.116'],
  ['15.3.4', "a client's address comes from hops that are trusted", 'T10.114'],
  ['15.3.5', 'types are checked, and compared strictly', 'T3.50', 'T5.68'],
  ['15.4.2', 'no check is separate from the act it guards', 'T1.15', 'T1.19', 'T1.20'],
  ['16.2.5', 'logs hold no secret', 'T9.106'],
  [
    '16.3.1',
    'every sign-in and every refusal is logged',
    auth('events/events', 'an event says who, when, where and what, and nothing secret'),
  ],
  ['16.4.1', 'what is logged cannot forge a line', 'T3.51'],
  ['16.5.3', 'failures keep the doors shut', 'T10.117'],
]
