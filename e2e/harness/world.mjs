/** One browser, one application, and its users; and sites of several origins, for the journeys that ask for them. */
import { removeEmptyDatabase } from './empty-database.mjs'
import { openEnrollingSite } from './enrolling-site.mjs'
import { createMailReader } from './mailbox.mjs'
import { openPasskeySites } from './passkey-sites.mjs'
import { openServerSample } from './server-samples.mjs'
import { startSite } from './site.mjs'
import { openTwoOrigins } from './two-origins.mjs'
import { launchBrowser, newVisitor } from './visitor.mjs'
import { validatorOf } from './watch.mjs'

export const password = 'seven lanterns at the gate'
let people = 0
/** A new email address. */
export const newEmail = () => `person${++people}@example.com`

/** The application with another setting. */
async function openGraceSite(browser, counts) {
  const site = await startSite({ SECOND_FACTOR: 'per-user' })
  const validateResponse = await validatorOf(site)
  return {
    site,
    mail: createMailReader(site),
    newVisitor: () => newVisitor(browser, { site, validateResponse, counts }),
    close: () => site.stop(),
  }
}

export async function openWorld() {
  const site = await startSite()
  const browser = await launchBrowser()
  const counts = { validated: 0, looked: 0 }
  const validateResponse = await validatorOf(site)
  let twoOrigins
  let passkeySites
  let enrollingSite
  let graceSite
  const serverSamples = new Map()
  return {
    site,
    counts,
    mail: createMailReader(site),
    /** Opens a separate browser. */
    newVisitor: () => newVisitor(browser, { site, validateResponse, counts }),
    /** Opens the application of two origins, once. */
    twoOrigins: () => {
      twoOrigins ??= openTwoOrigins(counts)
      return twoOrigins
    },
    /** Opens the sites that share passkeys, once. */
    passkeySites: () => {
      passkeySites ??= openPasskeySites(counts)
      return passkeySites
    },
    /** Opens the site that asks a second factor of every user, once. */
    enrollingSite: () => {
      enrollingSite ??= openEnrollingSite(counts)
      return enrollingSite
    },
    /** Starts the application that asks a second factor of single users, once. */
    graceSite: () => {
      graceSite ??= openGraceSite(browser, counts)
      return graceSite
    },
    /** Starts a server of samples/servers, once. */
    serverSample: (name) => {
      if (!serverSamples.has(name)) serverSamples.set(name, openServerSample(name, browser, counts))
      return serverSamples.get(name)
    },
    async close() {
      const sites = [twoOrigins, passkeySites, enrollingSite, graceSite, ...serverSamples.values()]
      // One that did not open has failed its journey.
      for (const opening of sites) await (await opening?.catch(() => null))?.close()
      await browser.close()
      await site.stop()
      await removeEmptyDatabase()
    },
  }
}
