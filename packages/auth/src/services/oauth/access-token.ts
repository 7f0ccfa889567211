import { setTimeout as wait } from 'node:timers/promises'
import type { OAuthAccountId, ProviderTokens, UserId } from 'torii-core'
import { parseOAuthAccountId } from 'torii-core'
import type { GrantedTokens } from '../../oauth-client/provider-client.js'
import { ProviderFailure, providerFailed } from '../../oauth-client/provider-failure.js'
import { decryptTokens, encryptTokens, ProviderToken } from '../../oauth-client/provider-tokens.js'
import type { ServiceContext } from '../context/context.js'
import type { Refused } from '../refusals.js'
import { notFound } from '../refusals.js'
import type { UsableProvider, UsableProviders } from './clients.js'

export type AccessTokenOutcome =
  | { readonly ok: true; readonly accessToken: ProviderToken; readonly expiresAt: Date | null }
  /** No tokens are stored for this account, it is not this user's, or its provider is not enabled. */
  | Refused<'not_found'>
  /** The tokens have expired and cannot be refreshed: the user must sign in at the provider again. */
  | Refused<'expired'>
  /** The provider cannot be reached at the moment. */
  | Refused<'provider_failed'>

/** A token that expires sooner is refreshed first, so that it outlasts the call that it is for. */
const marginMs = 60_000
/**
 * Two requests, discovery and refresh, and a margin. The lease of a running worker must not expire; that of a crashed
 * one must not block the others for long.
 */
const leaseSecondsFor = (requestSeconds: number): number => 2 * requestSeconds + 5
const pollMs = 100

/** The error codes of an invalid refresh token; the second is GitHub's. */
const deadTokenCodes: readonly (string | null)[] = ['invalid_grant', 'bad_refresh_token']

const isFresh = ({ expiresAt }: GrantedTokens): boolean =>
  expiresAt === null || expiresAt - Date.now() > marginMs

const toOutcome = ({ accessToken, expiresAt }: GrantedTokens): AccessTokenOutcome => ({
  ok: true,
  accessToken: new ProviderToken(accessToken),
  expiresAt: expiresAt === null ? null : new Date(expiresAt),
})

/**
 * Returns a valid access token. Of several workers that find it expired, one refreshes it; the others wait for the
 * result.
 * @see CVE-2026-53517
 */
export const accessToken =
  <Metadata extends object>(context: ServiceContext<Metadata>, providers: UsableProviders) =>
  async (userId: UserId, accountId: string): Promise<AccessTokenOutcome> => {
    const id = parseOAuthAccountId(accountId)
    if (id === null) return notFound
    const { oauthAccounts } = context.storage
    const { keys, oauth } = context.options
    const leaseSeconds = leaseSecondsFor(oauth.requestSeconds)
    const giveUpAt = Date.now() + leaseSeconds * 1000
    for (;;) {
      const stored = await oauthAccounts.findTokens(userId, id)
      const usable = stored === null ? undefined : providers.get(stored.provider)
      if (stored === null || usable === undefined) return notFound
      const tokens = decryptTokens(keys, stored)
      if (isFresh(tokens)) return toOutcome(tokens)
      const { refreshToken } = tokens
      if (refreshToken === null) return { ok: false, reason: 'expired' }
      const { version } = stored
      if (await oauthAccounts.leaseRefresh(userId, id, { version, leaseSeconds }))
        return refresh(context, usable, { userId, id, stored, tokens, refreshToken })
      if (Date.now() >= giveUpAt) return { ok: false, reason: 'provider_failed' }
      await wait(pollMs)
    }
  }

interface Refresh {
  readonly userId: UserId
  readonly id: OAuthAccountId
  readonly stored: ProviderTokens
  /** The stored tokens, decrypted. */
  readonly tokens: GrantedTokens
  readonly refreshToken: string
}

async function refresh<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { client, provider }: UsableProvider,
  work: Refresh,
): Promise<AccessTokenOutcome> {
  try {
    const granted = await client.refresh(work.refreshToken)
    await store(context, work, granted)
    return toOutcome(granted)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    context.options.log(providerFailed(provider.name, error))
    const isDead = error.problem === 'refused' && deadTokenCodes.includes(error.detail)
    // Ends the lease, so that no worker waits for it. An invalid refresh token is never sent again.
    await store(context, work, isDead ? { ...work.tokens, refreshToken: null } : work.tokens)
    return { ok: false, reason: isDead ? 'expired' : 'provider_failed' }
  }
}

/** If the swap is lost, the user has signed in at the provider since: those tokens are newer and stay. */
async function store<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  { userId, id, stored }: Refresh,
  tokens: GrantedTokens,
): Promise<void> {
  const change = { version: stored.version, tokens: encryptTokens(options.keys, tokens, stored) }
  await storage.oauthAccounts.replaceTokens(userId, id, change)
}
