import { setTimeout as wait } from 'node:timers/promises'
import type { OAuthAccountId, ProviderTokens, UserId } from 'torii-core'
import type { GrantedTokens } from '../../oauth-client/provider-client.js'
import { ProviderFailure } from '../../oauth-client/provider-failure.js'
import { decryptTokens, encryptTokens, ProviderToken } from '../../oauth-client/provider-tokens.js'
import type { ServiceContext } from '../context/context.js'
import type { Refused } from '../refusals.js'
import type { UsableProvider } from './clients.js'

export type AccessTokenOutcome =
  | { readonly ok: true; readonly accessToken: ProviderToken; readonly expiresAt: Date | null }
  /** No tokens are kept of this account, or it is not this person's, or its provider is gone or disabled. */
  | Refused<'not_found'>
  /** They ended, and the provider gives no new ones: the person has to sign in there again. */
  | Refused<'expired'>
  /** The provider cannot be asked at the moment. */
  | Refused<'provider_failed'>

/** A token that ends sooner than this is refreshed first: the call it is for takes time. */
const marginMs = 60_000
/**
 * Discovery and the refresh itself, one after the other, and then some: the lease of a worker that lives must
 * not end under it, and one that died must keep nobody waiting for long.
 */
const leaseSecondsFor = (requestSeconds: number): number => 2 * requestSeconds + 5
const pollMs = 100

/** Codes by which providers say that a refresh token is dead; the second one is GitHub's. */
const deadTokenCodes: readonly (string | null)[] = ['invalid_grant', 'bad_refresh_token']

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
  const { keys, oauth } = context.options
  const leaseSeconds = leaseSecondsFor(oauth.requestSeconds)
  const giveUpAt = Date.now() + leaseSeconds * 1000
  for (;;) {
    const kept = await oauthAccounts.findTokens(userId, id)
    const usable = kept === null ? undefined : providers.get(kept.provider)
    if (kept === null || usable === undefined) return { ok: false, reason: 'not_found' }
    const tokens = decryptTokens(keys, kept)
    if (isFresh(tokens)) return given(tokens)
    const { refreshToken } = tokens
    if (refreshToken === null) return { ok: false, reason: 'expired' }
    const { version } = kept
    if (await oauthAccounts.leaseRefresh(userId, id, { version, leaseSeconds }))
      return refresh(context, usable, { userId, id, kept, tokens, refreshToken })
    if (Date.now() >= giveUpAt) return { ok: false, reason: 'provider_failed' }
    await wait(pollMs)
  }
}

interface Refresh {
  readonly userId: UserId
  readonly id: OAuthAccountId
  readonly kept: ProviderTokens
  /** What is kept, in clear. */
  readonly tokens: GrantedTokens
  readonly refreshToken: string
}

async function refresh<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { client, provider }: UsableProvider,
  work: Refresh,
): Promise<AccessTokenOutcome> {
  try {
    const fresh = await client.refresh(work.refreshToken)
    await store(context, work, fresh)
    return given(fresh)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    const { problem, detail } = error
    const { name } = provider
    context.options.log({
      level: 'warn',
      event: 'provider_failed',
      provider: name,
      problem,
      detail,
    })
    const isDead = problem === 'refused' && deadTokenCodes.includes(detail)
    // Ends the lease, so that nobody waits for it; a dead refresh token is never sent again.
    await store(context, work, isDead ? { ...work.tokens, refreshToken: null } : work.tokens)
    return { ok: false, reason: isDead ? 'expired' : 'provider_failed' }
  }
}

/** A lost swap means that the person has signed in at the provider meanwhile: those tokens are newer and stay. */
async function store<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  { userId, id, kept }: Refresh,
  tokens: GrantedTokens,
): Promise<void> {
  const change = { version: kept.version, tokens: encryptTokens(options.keys, tokens, kept) }
  await storage.oauthAccounts.replaceTokens(userId, id, change)
}
