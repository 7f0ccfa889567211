import { decodeJwt } from 'jose'

/**
 * The answer of a token endpoint, made ready for the protocol library. GitHub sends its errors with status
 * 200: those become the 400 that the standard asks for. The issuer that an ID token claims is read
 * here, before anything is checked: it only chooses which of a provider's own issuers is expected.
 * @see RFC 6749 section 5.2
 */
export async function checkedTokenAnswer(
  response: Response,
  { idToken }: { readonly idToken: boolean },
): Promise<{ body: Response; idTokenIssuer: string | null }> {
  const text = await response.text()
  const body: Record<string, unknown> = Object(parse(text))
  const { status, headers } = response
  if (status === 200 && typeof body.error === 'string' && body.access_token === undefined)
    return { body: new Response(text, { status: 400, headers }), idTokenIssuer: null }
  if (!idToken && body.id_token !== undefined) {
    // A refresh, or a provider that was not asked for one: nobody is signed in by it, so it is not looked at.
    const { id_token: _, ...rest } = body
    return { body: new Response(JSON.stringify(rest), { status, headers }), idTokenIssuer: null }
  }
  return {
    body: new Response(text, { status, headers }),
    idTokenIssuer: claimedIssuer(body.id_token),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The library says what is wrong with it.
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
