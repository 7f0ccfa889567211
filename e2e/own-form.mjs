/**
 * `node e2e/own-form.mjs URL NAME [SIGN_UP_STATUS SIGN_IN_STATUS]`: walks the sign-in form of an application that is running at
 * the URL, in Chromium. The statuses are those of refused passwords; without them the application redirects instead.
 * `npm run samples` runs it for the samples that need a build.
 */
import { fileURLToPath } from 'node:url'
import { installOwnPackages } from '../scripts/own-packages.mjs'

installOwnPackages(fileURLToPath(new URL('.', import.meta.url)))
const { walkOwnForm } = await import('./harness/own-form.mjs')
const { launchBrowser, newVisitor } = await import('./harness/visitor.mjs')
const { validatorOf } = await import('./harness/watch.mjs')

const [url, name, signUp, signIn] = process.argv.slice(2)
const site = { url }
const validateResponse = await validatorOf(site)
const counts = { validated: 0, looked: 0 }
const browser = await launchBrowser()
try {
  const ada = await newVisitor(browser, { site, validateResponse, counts })
  const refused = signUp === undefined ? null : { signUp: Number(signUp), signIn: Number(signIn) }
  await walkOwnForm(ada, { email: 'edith@example.com', name, refused })
  await ada.close()
} finally {
  await browser.close()
}
