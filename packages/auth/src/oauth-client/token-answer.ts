import { decodeJwt } from 'jose'

/**
 * Prepares the response of a token endpoint for the protocol library. GitHub and Slack send errors with status 200; they
 * get the standard's 400. Twitch sends `scope` as an array; it becomes the standard's text with spaces. The issuer of an
 * unverified ID token is read here only to select which of the provider's issuers is expected.
 * @see RFC 6749 section 5.2
 */
export async function checkedTokenAnswer(
  response: Response,
  { idToken }: { readonly idToken: boolean },
): Promise<{ body: Response; idTokenIssuer: string | null }> {
  const given = await response.text()
  const parsed: Record<string, unknown> = Object(parse(given))
  const { scope } = parsed
  const body = isScopeList(scope) ? { ...parsed, scope: scope.join(' ') } : parsed
  const text = body === parsed ? given : JSON.stringify(body)
  const { status, headers } = response
  if (status === 200 && typeof body.error === 'string' && body.access_token === undefined)
    return { body: new Response(text, { status: 400, headers }), idTokenIssuer: null }
  if (!idToken && body.id_token !== undefined) {
    // A refresh, or a provider without ID tokens: it signs no user in, so it is ignored.
    const { id_token: _, ...rest } = body
    return { body: new Response(JSON.stringify(rest), { status, headers }), idTokenIssuer: null }
  }
  return {
    body: new Response(text, { status, headers }),
    idTokenIssuer: claimedIssuer(body.id_token),
  }
}

/** Any other value stays, and the library judges it. */
const isScopeList = (scope: unknown): scope is readonly string[] =>
  Array.isArray(scope) && scope.every((entry) => typeof entry === 'string')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The library reports the error.
    return null
  }
}

function claimedIssuer(idToken: unknown): string | null {
  try {
    return decodeJwt(String(idToken)).iss ?? null
  } catch {
    return null
  }
}
