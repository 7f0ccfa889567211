import type { Json, OAuthAccount, UserId, ValidSession } from 'torii-core'
import { parseOAuthAccountId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type { AccessTokenOutcome } from './access-token.js'
import { accessToken } from './access-token.js'
import type { OAuthCallbackInput, OAuthCallbackOutcome } from './callback.js'
import { completeFlow } from './callback.js'
import { createProviderClients } from './clients.js'
import type { TransactionalOAuth } from './in-transaction.js'
import { createTransactionalOAuth } from './in-transaction.js'
import type { TokensReencrypted } from './reencrypt-tokens.js'
import { reencryptTokens } from './reencrypt-tokens.js'
import type { OAuthLinkStartOutcome, OAuthStartInput, OAuthStartOutcome } from './start.js'
import { startFlow, startLink } from './start.js'

/** A provider to show a button for. */
export interface OfferedProvider {
  readonly name: string
  readonly displayName: string
}

/** Signing in with accounts at providers, and linking them. */
export interface OAuthService<Metadata extends object = Record<string, Json>>
  extends TransactionalOAuth {
  /** The providers that may be used, in the order of the options. */
  providers(): readonly OfferedProvider[]
  /** Starts signing in at a provider: one statement. */
  start(
    provider: string,
    input: OAuthStartInput,
    requestInfo: RequestInfo,
  ): Promise<OAuthStartOutcome>
  /** Starts linking an account of a provider to this person's account. Needs a recent proof of identity. */
  startLink(
    valid: ValidSession<Metadata>,
    provider: string,
    input: OAuthStartInput,
    requestInfo: RequestInfo,
  ): Promise<OAuthLinkStartOutcome>
  /**
   * Takes what the browser brings back. Signs in by (provider, subject); an identity seen for the first time is
   * linked to the account of its address when the provider is trusted for addresses and calls it verified
   * (an unverified account is taken over: what was made before no longer counts), otherwise an account
   * is made, without an address where that cannot be trusted.
   */
  callback(
    provider: string,
    input: OAuthCallbackInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<OAuthCallbackOutcome<Metadata>>
  /** The linked accounts of this person. */
  list(valid: ValidSession<Metadata>): Promise<readonly OAuthAccount[]>
  /**
   * A provider's access token of a linked account, refreshed where it has ended. Needs a provider with
   * `keepTokens`. It is no proof that the person is there.
   * @throws ToriiError ERR_DECRYPTION when what is kept cannot be read
   */
  accessToken(userId: UserId, id: string): Promise<AccessTokenOutcome>
  /**
   * Seals the kept tokens that stand under another key again, under the one that writes today: the last step of a
   * rotation of `keys`, while the application runs.
   */
  reencryptTokens(): Promise<TokensReencrypted>
}

export function createOAuthService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): OAuthService<Metadata> {
  const providers = createProviderClients(context.options)
  return {
    ...createTransactionalOAuth(context),
    providers: () =>
      [...providers.values()].map(({ provider: { name, displayName } }) => ({ name, displayName })),
    start: (provider, input, requestInfo) =>
      startFlow(context, providers.get(provider), { kind: 'sign_in' }, input, requestInfo),
    startLink: (valid, provider, input, requestInfo) =>
      startLink(context, providers.get(provider), valid, input, requestInfo),
    callback: (provider, input, requestInfo) =>
      completeFlow(context, providers.get(provider), input, requestInfo),
    list: (valid) => context.storage.oauthAccounts.list(valid.user.id),
    async accessToken(userId, id) {
      const accountId = parseOAuthAccountId(id)
      if (accountId === null) return { ok: false, reason: 'not_found' }
      return accessToken(context, providers, userId, accountId)
    },
    reencryptTokens: () => reencryptTokens(context),
  }
}
