import { setTimeout as wait } from 'node:timers/promises'
import type { Ciphertext, OAuthAccountId, ProviderTokens, UserId } from 'torii-core'
import type { ServiceContext } from '../context.js'
import { open, seal } from '../keys/sealed-tokens.js'
import type { UsableProvider } from './clients.js'
import { grantedOf, ProviderToken, placeOf, recordOf } from './kept-tokens.js'
import type { GrantedTokens } from './provider-client.js'
import { ProviderFailure } from './provider-failure.js'

export type AccessTokenOutcome =
  | { readonly ok: true; readonly accessToken: ProviderToken; readonly expiresAt: Date | null }
  /** No tokens are kept of this account, or it is not this person's, or its provider is gone or disabled. */
  | { readonly ok: false; readonly reason: 'none' }
  /** They ended, and the provider gives no new ones: the person has to sign in there again. */
  | { readonly ok: false; readonly reason: 'expired' }
  /** The provider cannot be asked at the moment. */
  | { readonly ok: false; readonly reason: 'provider_failed' }

/** A token that ends sooner than this is refreshed first: the call it is for takes time. */
const marginMs = 60_000
/** Longer than a provider is waited for, so that a worker that died keeps nobody waiting for long. */
const leaseMarginSeconds = 5
const pollMs = 100

const isFresh = ({ expiresAt }: GrantedTokens): boolean =>
  expiresAt === null || expiresAt - Date.now() > marginMs

const given = ({ accessToken, expiresAt }: GrantedTokens): AccessTokenOutcome => ({
  ok: true,
  accessToken: new ProviderToken(accessToken),
  expiresAt: expiresAt === null ? null : new Date(expiresAt),
})

/**
 * A token that works for a while. Of any number of workers that find it ended, one asks the provider; the
 * others wait for what it stores.
 * @see CVE-2026-53517
 */
export async function accessToken<Metadata extends object>(
  context: ServiceContext<Metadata>,
  providers: ReadonlyMap<string, UsableProvider>,
  userId: UserId,
  id: OAuthAccountId,
): Promise<AccessTokenOutcome> {
  const { oauthAccounts } = context.storage
  const leaseSeconds = context.options.oauth.requestSeconds + leaseMarginSeconds
  const giveUpAt = Date.now() + leaseSeconds * 1000
  for (;;) {
    const kept = await oauthAccounts.findTokens(userId, id)
    const usable = kept === null ? undefined : providers.get(kept.provider)
    if (kept === null || usable === undefined) return { ok: false, reason: 'none' }
    const tokens = grantedOf(open(context.options.keys, kept.tokens, placeOf(kept)))
    if (isFresh(tokens)) return given(tokens)
    const { refreshToken } = tokens
    if (refreshToken === null) return { ok: false, reason: 'expired' }
    const { version } = kept
    if (await oauthAccounts.leaseRefresh(userId, id, { version, leaseSeconds }))
      return refresh(context, usable, { userId, id, kept, refreshToken })
    if (Date.now() >= giveUpAt) return { ok: false, reason: 'provider_failed' }
    await wait(pollMs)
  }
}

interface Refresh {
  readonly userId: UserId
  readonly id: OAuthAccountId
  readonly kept: ProviderTokens
  readonly refreshToken: string
}

async function refresh<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  { client, provider }: UsableProvider,
  { userId, id, kept, refreshToken }: Refresh,
): Promise<AccessTokenOutcome> {
  try {
    const tokens = await client.refresh(refreshToken)
    const sealed = seal(options.keys, recordOf(tokens), placeOf(kept)) as Ciphertext // just sealed
    // A lost swap means that the person has signed in at the provider meanwhile: those tokens are newer.
    await storage.oauthAccounts.replaceTokens(userId, id, { version: kept.version, tokens: sealed })
    return given(tokens)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    const { problem, detail } = error
    options.log({
      level: 'warn',
      event: 'provider_failed',
      provider: provider.name,
      problem,
      detail,
    })
    return problem === 'refused' && detail === 'invalid_grant'
      ? { ok: false, reason: 'expired' }
      : { ok: false, reason: 'provider_failed' }
  }
}
