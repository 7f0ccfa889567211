import type { Json, OAuthAccount, UserId, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type { AccessTokenOutcome } from './access-token.js'
import { accessToken } from './access-token.js'
import type { OAuthCallbackInput, OAuthCallbackOutcome } from './callback.js'
import { completeFlow } from './callback.js'
import { createProviderClients } from './clients.js'
import type { OAuthFormPost, OAuthFormPostOutcome } from './form-post.js'
import { receiveFormPost } from './form-post.js'
import type { IdTokenInput, IdTokenNonceOutcome, IdTokenOutcome } from './id-token.js'
import { createIdTokenNonce, signInWithIdToken } from './id-token.js'
import type { ReencryptOptions, TokensReencrypted } from './reencrypt-tokens.js'
import { reencryptTokens } from './reencrypt-tokens.js'
import { createCompleteOnce } from './single-use.js'
import type { OAuthLinkStartOutcome, OAuthStartInput, OAuthStartOutcome } from './start.js'
import { startLink, startSignIn } from './start.js'
import type { UnlinkOutcome } from './unlink.js'
import { unlinkAccount } from './unlink.js'

/** An enabled provider, for a sign-in button: the same names as in the HTTP response. */
export interface OfferedProvider {
  /** The provider's name in routes and in the options. */
  readonly id: string
  /** The display name, for the button. */
  readonly name: string
}

/** The OAuth operation that also runs in a transaction of the application. */
export interface TransactionalOAuth {
  /**
   * Unlinks a provider account of the user and deletes its tokens. Refuses to remove the last sign-in method. Needs a
   * recent authentication.
   */
  unlink(valid: ValidSession<object>, id: string, requestInfo: RequestInfo): Promise<UnlinkOutcome>
}

/** Sign-in with provider accounts, and linking them. */
export interface OAuthService<Metadata extends object = Record<string, Json>>
  extends TransactionalOAuth {
  /** Lists the enabled providers, in the order of the options. */
  providers(): readonly OfferedProvider[]
  /** Starts a sign-in at a provider. One statement. */
  start(
    provider: string,
    input: OAuthStartInput,
    requestInfo: RequestInfo,
  ): Promise<OAuthStartOutcome>
  /** Starts linking a provider account to this user. Needs a recent authentication. */
  startLink(
    valid: ValidSession<Metadata>,
    provider: string,
    input: OAuthStartInput,
    requestInfo: RequestInfo,
  ): Promise<OAuthLinkStartOutcome>
  /**
   * Prepares the callback of a provider that posts its response: redirect the browser to the callback with `query`, and
   * keep `displayName` in a cookie for it. Changes nothing.
   */
  receiveFormPost(provider: string, post: OAuthFormPost): OAuthFormPostOutcome
  /**
   * Completes a flow with the parameters of the callback. Signs in by (provider, subject). A new identity is linked to
   * the account of its email address if the provider is trusted for email addresses and has verified it; if that
   * account is unverified, the credentials that were created before are removed. Otherwise an account is created,
   * without an email address if the provider's cannot be trusted.
   */
  callback(
    provider: string,
    input: OAuthCallbackInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<OAuthCallbackOutcome<Metadata>>
  /** Creates a nonce for an ID token that is requested without a redirect. One statement. */
  createIdTokenNonce(provider: string, requestInfo: RequestInfo): Promise<IdTokenNonceOutcome>
  /**
   * Signs in with an ID token that a native application or Google One Tap received, issued to one of the provider's
   * `idTokenAudiences` with a nonce of `createIdTokenNonce`. A nonce is valid once. Everything else is as in `callback`;
   * no provider tokens are stored.
   */
  signInWithIdToken(
    provider: string,
    input: IdTokenInput,
    requestInfo: RequestInfo,
  ): Promise<IdTokenOutcome<Metadata>>
  /** Lists the linked provider accounts of this user. */
  list(valid: ValidSession<Metadata>): Promise<readonly OAuthAccount[]>
  /**
   * Returns the provider's access token of a linked account, refreshed if it has expired. Needs a provider with
   * `keepTokens`. It does not prove that the user is present.
   * @throws ToriiError ERR_DECRYPTION if the stored tokens cannot be decrypted
   */
  accessToken(userId: UserId, id: string): Promise<AccessTokenOutcome>
  /**
   * Re-encrypts the provider tokens that are encrypted under an older key: the last step of a rotation of `keys`, while
   * the application runs.
   */
  reencryptTokens(options?: ReencryptOptions): Promise<TokensReencrypted>
}

export const createTransactionalOAuth = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalOAuth => ({ unlink: unlinkAccount(context) })

export function createOAuthService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): OAuthService<Metadata> {
  const providers = createProviderClients(context.options)
  const completeOnce = createCompleteOnce(context)
  return {
    ...createTransactionalOAuth(context),
    providers: () =>
      [...providers.values()].map(({ provider: { name: id, displayName: name } }) => ({
        id,
        name,
      })),
    start: startSignIn(context, providers),
    startLink: startLink(context, providers),
    receiveFormPost: receiveFormPost(context, providers),
    callback: completeFlow(context, providers, completeOnce),
    createIdTokenNonce: createIdTokenNonce(context, providers),
    signInWithIdToken: signInWithIdToken(context, providers, completeOnce),
    list: ({ user }) => context.storage.oauthAccounts.list(user.id),
    accessToken: accessToken(context, providers),
    reencryptTokens: reencryptTokens(context),
  }
}
