import { isIP } from 'node:net'
import type { ApplicationKey, Mailer, OAuthProvider } from 'torii-auth'
import { englishTexts, oidc, Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { loadAssets } from './assets.js'
import { startConsole } from './console/console.js'
import { createFrame } from './frame.js'
import { loadKeys, signingKeys } from './keys.js'
import { listen } from './listener.js'
import { logEvent } from './log.js'
import { isLoopbackName } from './loopback.js'
import { openMail } from './mail.js'
import { mayReadMailbox } from './mailbox/access.js'
import { mailboxPage } from './mailbox/mailbox-page.js'
import { accountPath, signInPath } from './page.js'
import { securityPath } from './pages/account/account-paths.js'
import { pages } from './pages/pages.js'
import {
  localProviderName,
  mayHaveLocalProvider,
  startLocalProvider,
} from './provider/local-provider.js'
import type { OidcSettings, Settings } from './settings.js'
import { describeDatabase } from './settings.js'
import { createSite } from './site.js'

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

/** @param onStop receives a function for each opened resource; the last opened resource is closed first */
async function open(
  settings: Settings,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<Omit<Application, 'stop'>> {
  const { databaseUrl, schema, trustedProxyHops } = settings
  const storage = await PostgresStorage.connect(databaseUrl, { schema })
  onStop(() => storage.close())
  await storage.migrate()
  const keys = await loadKeys(settings)
  const listener = await listen(settings.host, settings.port)
  onStop(() => listener.stop())
  const baseUrl = settings.baseUrl ?? `http://localhost:${listener.port}`
  const provider = await openProvider(settings, baseUrl, onStop)
  const { mailer, mailbox } = openMail(settings.mail, { baseUrl, boundAddress: listener.address })
  const torii = createTorii(storage, { baseUrl, keys, mailer, provider })
  torii.startSweeping(torii.options.requireVerifiedEmail ? { unverifiedAccountSeconds } : {})
  onStop(() => torii.shutdown())
  // Runs first, so that no new request is accepted; the earlier entry is for a failed start.
  onStop(() => listener.stop())
  // The other pages of this application are in English too.
  const auth = createHandler(torii, { pages: toriiPages, languages: { en: englishTexts } })
  const assets = await loadAssets()
  const database = describeDatabase(databaseUrl)
  const adminConsole = await startConsole({
    torii,
    port: settings.adminPort,
    assets,
    database,
    schema,
    print: (line) => console.log(line),
  })
  onStop(() => adminConsole.stop())
  listener.serve(
    createSite({
      site: { torii, database, schema },
      pages: mailbox === null ? pages : [...pages, mailboxPage(mailbox)],
      assets,
      frame: createFrame({ base: assets.base, secure: torii.options.baseUrl.secure }),
      auth,
      authRoutes: createNodeHandler(auth, { trustedProxyHops }),
      mailboxAnswers: (request) => mailbox !== null && mayReadMailbox(request),
    }),
  )
  const notes = [
    `Data in ${database}, schema ${schema}`,
    ...(mailbox === null ? [] : [`Mail in ${baseUrl}/mailbox`]),
  ]
  return { url: baseUrl, port: listener.port, notes }
}

/** An account that was not verified within thirty days is deleted. */
const unverifiedAccountSeconds = 30 * 86_400

/** The pages to which Torii redirects. */
const toriiPages = {
  signedIn: accountPath,
  signIn: `${signInPath}?notice=ready`,
  account: `${securityPath}?notice=changed`,
  failed: signInPath,
}

/** The resources that the settings describe. */
interface Means {
  readonly baseUrl: string
  readonly keys: readonly ApplicationKey[]
  readonly mailer: Mailer | null
  readonly provider: OAuthProvider | null
}

/** Enables all features of Torii. */
const createTorii = (storage: PostgresStorage, { baseUrl, keys, mailer, provider }: Means): Torii =>
  new Torii(storage, {
    baseUrl,
    keys,
    audit: true,
    log: logEvent,
    mail: { appName: 'Torii' },
    // On an IP address browsers have no passkeys, and Torii refuses the option.
    ...(isIP(new URL(baseUrl).hostname.replace(/[[\]]/g, '')) === 0
      ? { passkey: { rpName: 'Torii' } }
      : {}),
    magicLink: { code: true },
    oauth: { providers: provider === null ? [] : [provider] },
    jwt: { keys: signingKeys(keys), audience: baseUrl },
    ...(mailer === null ? {} : { mailer }),
  })

async function openProvider(
  { oidc: named }: Settings,
  baseUrl: string,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<OAuthProvider | null> {
  if (named !== null) return namedProvider(named, baseUrl)
  if (!mayHaveLocalProvider(baseUrl)) return null
  const local = await startLocalProvider(baseUrl)
  onStop(() => local.stop())
  // Its email addresses are trusted like a large provider's: everyone who can reach it can read the mailbox too.
  return {
    ...namedProvider(local.settings, baseUrl),
    displayName: 'Local provider',
    trustEmail: true,
  }
}

/** Allows http only where both sides are on this computer. */
function namedProvider({ name, issuer, clientId, clientSecret }: OidcSettings, baseUrl: string) {
  return oidc({
    name,
    displayName: name === localProviderName ? 'Local provider' : inTitle(name),
    issuer,
    clientId,
    allowLoopback: isLoopbackName(new URL(baseUrl).hostname),
    ...(clientSecret === null ? {} : { clientSecret }),
  })
}

/** `acme-work` reads "Acme work". */
const inTitle = (name: string): string =>
  (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('-', ' ')
