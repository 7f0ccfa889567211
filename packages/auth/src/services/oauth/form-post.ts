import { decodeState } from '../../crypto/encrypted-state.js'
import type { ServiceContext } from '../context/context.js'
import type { Refused } from '../refusals.js'
import { notFound } from '../refusals.js'
import type { UsableProviders } from './clients.js'
import { encryptName, readPostedName } from './display-name.js'

/** The fields that a provider's page posted to the callback. */
export interface OAuthFormPost {
  readonly code?: string | null | undefined
  readonly error?: string | null | undefined
  readonly iss?: string | null | undefined
  readonly state?: string | null | undefined
  /** Apple's JSON with the name of a new user. */
  readonly user?: string | null | undefined
}

export type OAuthFormPostOutcome =
  | {
      readonly ok: true
      /** The query of the callback to redirect the browser to. */
      readonly query: URLSearchParams
      /** The name for a cookie of this browser, encrypted; null without a name. */
      readonly displayName: string | null
    }
  /** No such provider is enabled, or it does not post its response. */
  | Refused<'not_found'>

/** Nothing longer is part of a valid response, and nothing longer should become part of a URL. */
const maxLength = 2048

/**
 * Prepares the callback of a provider that posts its response. The post comes from another site's page, so the browser
 * sends no cookie with it, and it changes nothing. No statement.
 */
export const receiveFormPost =
  <Metadata extends object>(
    { options }: Pick<ServiceContext<Metadata>, 'options'>,
    providers: UsableProviders,
  ) =>
  (provider: string, post: OAuthFormPost): OAuthFormPostOutcome => {
    const usable = providers.get(provider)
    if (usable?.provider.responseMode !== 'form_post') return notFound
    const { user, ...parameters } = post
    const query = new URLSearchParams()
    for (const name of ['code', 'error', 'iss', 'state'] as const) {
      const value = parameters[name] ?? ''
      if (value !== '' && value.length <= maxLength) query.set(name, value)
    }
    const state = query.get('state')
    const name = readPostedName(user)
    // Whether the state is genuine, only its browser can show, whose cookie is not sent with a post.
    const isOfFlow = state !== null && decodeState(state) !== null
    const displayName =
      isOfFlow && name !== null ? encryptName(options.keys, name, { provider, state }) : null
    return { ok: true, query, displayName }
  }
