/** Guards of tokens in bodies, each weakened alone; as in storage.mjs. */
const guard = (file, weakens, from, to, ...tests) => ({
  file: `packages/auth/src/http/${file}.ts`,
  weakens,
  from,
  to,
  tests: tests.map((word) => `auth/src/http/routes/${word}`),
})
const signIns = 'transport'
const pending = 'pending-transport'

export const transportMutations = [
  guard(
    'request/transport',
    'a page of a browser gets the token of a sign-in in a body',
    'if (!isOutsideBrowser(headers)) {',
    'if (headers === null) {',
    signIns,
    pending,
  ),
  guard(
    'request/origin',
    'a page that sends Sec-Fetch-Site alone gets the token in a body',
    "['origin', 'sec-fetch-site', 'cookie'].every",
    "['origin', 'cookie'].every",
    signIns,
  ),
  guard(
    'request/origin',
    'a page that sends Origin alone gets the token in a body',
    "['origin', 'sec-fetch-site', 'cookie'].every",
    "['sec-fetch-site', 'cookie'].every",
    signIns,
  ),
  guard(
    'request/transport',
    'a pending token in a body counts in a browser',
    'if (!isOutsideBrowser(headers)) {',
    'if (pendingToken === null && !isOutsideBrowser(headers)) {',
    pending,
  ),
  guard(
    'request/transport',
    'a pending token is ignored where its id is missing',
    "if (pendingToken !== null && textOf(body, 'pendingId') === null) {",
    "if (pendingToken !== null && textOf(body, 'pendingId') === '') {",
    pending,
  ),
  guard(
    'request/body',
    'an unknown transport is taken for none',
    'if (choices !== null && !choices.includes(value)) {',
    'if (choices !== null && choices.length === 0) {',
    signIns,
  ),
  guard(
    'schema/request-bodies',
    'the form of a page has the members of other clients',
    'return openObject(members)',
    'return openObject(membersOf(schema))',
    'openapi',
  ),
  guard(
    'handler',
    'the form of a page is refused for what other clients send',
    'await readLandingForm(request, formOf(schema))',
    'await readLandingForm(request, schema)',
    signIns,
  ),
  guard(
    'routes/sign-in-result',
    'a client without cookies is sent some',
    'body: { ...body, token: made.token.reveal() }, setCookies: [] }',
    'body: { ...body, token: made.token.reveal() }, setCookies: await signInCookies(call, made) }',
    signIns,
  ),
  guard(
    'routes/sign-in-result',
    'a client without cookies is sent that of a pending sign-in',
    'failure({ ...error, pendingToken: outcome.pending.token })',
    'failure({ ...error, pendingToken: outcome.pending.token }, pendingCookies(call, outcome))',
    pending,
  ),
  guard(
    'routes/sign-in-result',
    'the body of every pending sign-in has its token',
    ': failure(error, pendingCookies(call, outcome))',
    ': failure({ ...error, pendingToken: outcome.pending.token }, pendingCookies(call, outcome))',
    'second-factors',
  ),
  guard(
    'routes/sign-in-result',
    'a client without cookies is told to delete one',
    "reason === 'invalid_token' && transport === 'cookie'",
    "reason === 'invalid_token' && transport !== null",
    pending,
  ),
  guard(
    'routes/second-factors',
    'a client without cookies makes a trusted browser',
    "if (trustBrowser === true && call.transport === 'body') return failure(noBrowser)",
    '',
    pending,
  ),
]
