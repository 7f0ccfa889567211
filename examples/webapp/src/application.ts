import { isIP } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { OAuthProvider } from 'torii-auth'
import { englishTexts, oidc, Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { accountPages } from './account/account.js'
import { accountPath, securityPath } from './account/paths.js'
import { loadAssets } from './assets.js'
import { startConsole } from './console/console.js'
import { createQueries } from './console/queries.js'
import { loadKeys, signingKeys } from './keys.js'
import { listen } from './listener.js'
import { isLoopbackName } from './local-only.js'
import { mayHaveLocalProvider, startLocalProvider } from './local-provider.js'
import { logEvent } from './log.js'
import { openMail } from './mail.js'
import { mailboxPage } from './mailbox.js'
import { publicPages } from './public-pages.js'
import type { Settings } from './settings.js'
import { describeDatabase } from './settings.js'
import { createSite } from './site.js'
import { capitalized } from './words.js'

/** A running application. */
export interface Application {
  /** Where browsers reach it. */
  readonly url: string
  /** The port on which it listens, which differs from the URL's behind a proxy. */
  readonly port: number
  /** Lines for the administrator. */
  readonly notes: readonly string[]
  /** Finishes running requests and queued mail, and closes the database. */
  stop(): Promise<void>
}

/** Opens the storage, brings its tables up to date, and serves Torii's routes and the pages. */
export async function startApplication(settings: Settings): Promise<Application> {
  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    return { ...(await open(settings, (each) => stops.push(each))), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type OnStop = (stop: () => Promise<unknown>) => void

/** @param onStop receives a function for each opened resource; the last opened resource is closed first */
async function open(settings: Settings, onStop: OnStop): Promise<Omit<Application, 'stop'>> {
  const { databaseUrl, schema, trustedProxyHops } = settings
  const storage = await PostgresStorage.connect(databaseUrl, { schema })
  onStop(() => storage.close())
  await storage.migrate()
  const keys = await loadKeys(settings)
  const assets = await loadAssets()
  const listener = await listen(settings.host, settings.port)
  onStop(() => listener.stop())
  const baseUrl = settings.baseUrl ?? `http://localhost:${listener.port}`
  const local = settings.oidc === null && mayHaveLocalProvider(baseUrl)
  const started = local ? await startLocalProvider(baseUrl, assets) : null
  if (started !== null) onStop(() => started.stop())
  const provider = started?.definition ?? configuredProvider(settings, baseUrl)
  const { mailer, mailbox } = openMail(settings.mail, { baseUrl, boundAddress: listener.address })
  // On an IP address browsers have no passkeys, and Torii refuses the option.
  const hasPasskeys = isIP(new URL(baseUrl).hostname.replace(/[[\]]/g, '')) === 0
  const required = settings.secondFactor
  const torii = new Torii(storage, {
    ...{ baseUrl, keys, audit: true, log: logEvent, mail: { appName: 'Torii' } },
    ...(hasPasskeys ? { passkey: { rpName: 'Torii' } } : {}),
    magicLink: { code: true },
    oauth: { providers: provider === null ? [] : [provider] },
    // A browser that stands for the factor cannot be combined with one that every sign-in has to prove.
    secondFactor: required === 'optional' ? { trustedBrowsers: { days: 30 } } : { required },
    jwt: { keys: signingKeys(keys), audience: baseUrl },
    ...(mailer === null ? {} : { mailer }),
  })
  torii.startSweeping(torii.options.requireVerifiedEmail ? { unverifiedAccountSeconds } : {})
  onStop(() => torii.shutdown())
  // Runs first, so that no new request is accepted; the earlier entry is for a failed start.
  onStop(() => listener.stop())
  const passkeyPages = { enrollPasskey: securityPath, managePasskeys: securityPath }
  const auth = createHandler(torii, {
    pages: toriiPages,
    // The other pages of this application are in English too.
    languages: { en: englishTexts },
    look: {
      logo: `${assets.base}/logo.svg`,
      icon: `${assets.base}/favicon.svg`,
      stylesheet: `${assets.base}/look.css`,
    },
    wellKnown: { changePassword: securityPath, ...(hasPasskeys ? passkeyPages : {}) },
  })
  const queries = createQueries(storage, schema)
  const print = (line: string) => console.log(line)
  const { stop } = await startConsole({ torii, queries, port: settings.adminPort, assets, print })
  onStop(stop)
  const pages = { ...publicPages, ...accountPages, '/mailbox': mailboxPage }
  const { fetch } = createSite({ torii, mailbox, pages, assets, auth })
  const site = getRequestListener(fetch, { overrideGlobalObjects: false })
  const routes = createNodeHandler(auth, { trustedProxyHops })
  listener.serve((request, response) => {
    const rest = (error: unknown) => (error ? response.destroy() : void site(request, response))
    void routes(request, response, rest)
  })
  const notes = [`Data in ${describeDatabase(databaseUrl)}, schema ${schema}`]
  if (mailbox !== null) notes.push(`Mail in ${baseUrl}/mailbox`)
  return { url: baseUrl, port: listener.port, notes }
}

/** An account that was not verified within thirty days is deleted. */
const unverifiedAccountSeconds = 30 * 86_400

/** The pages to which Torii redirects. */
const toriiPages = {
  signedIn: accountPath,
  signIn: '/sign-in?notice=ready',
  account: `${securityPath}?notice=changed`,
  failed: '/sign-in',
}

/** `acme-work` reads "Acme work". Http is allowed only where both sides are on this computer. */
function configuredProvider({ oidc: named }: Settings, baseUrl: string): OAuthProvider | null {
  if (named === null) return null
  const { clientSecret, ...registration } = named
  const displayName = capitalized(named.name).replaceAll('-', ' ')
  const allowLoopback = isLoopbackName(new URL(baseUrl).hostname)
  const secret = clientSecret === null ? {} : { clientSecret }
  return oidc({ displayName, allowLoopback, ...registration, ...secret })
}
