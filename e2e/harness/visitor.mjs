/** A browser and the people who use it. */
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'
import { desk, look } from './look.mjs'
import { watch } from './watch.mjs'

const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const patienceMs = 15_000

const deviceCookie = 'torii-device'

/** Starts Chromium, with further arguments. */
export const launchBrowser = (more = []) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...launchArguments, ...more],
  })

/** Opens a separate browser window for the site. It may have problems of the form `tolerates`. */
export async function newVisitor(browser, { site, validateResponse, counts, tolerates }) {
  const context = await browser.newContext({ baseURL: site.url, viewport: desk, locale: 'en-GB' })
  context.setDefaultTimeout(patienceMs)
  const watched = watch(context, { site, validateResponse, counts, tolerates })
  const page = await context.newPage()
  const go = page.goto.bind(page)
  page.goto = async (...to) => {
    await watched.read()
    return go(...to)
  }
  const seen = []
  return {
    context,
    page,
    expect: watched.expect,
    /** Checks the current page; `name` is the name of its screenshots. */
    async look(name, on = page) {
      counts.looked += 1
      seen.push(...(await look(on, name)))
    },
    /** But for the one by which rate limits know the browser, which every sign-in sets and nothing deletes. */
    cookies: async () => (await context.cookies()).filter(({ name }) => name !== deviceCookie),
    isKnown: async () => (await context.cookies()).some(({ name }) => name === deviceCookie),
    /** Closes the browser. Fails when it recorded a problem. */
    async close() {
      const problems = [...(await watched.problems()), ...seen]
      await context.close()
      assert.deepEqual(problems, [])
    },
  }
}
