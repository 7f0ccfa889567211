/** What `torii-auth/browser` and the entries for views add to a page, and that a page pays only for what it uses. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

/** Uses of the browser client, each with the bytes it may have, bundled, minified and gzipped. */
export const browserBudgets = {
  'password only': {
    // The last 50 are the status of a sign-in.
    bytes: 650,
    code: `import { createClient, password, sessions } from 'torii-auth/browser'
const client = createClient()
export const signIn = (person) => password.authenticate(client, person)
export const signOut = () => sessions.signOut(client)`,
  },
  'password and passkeys': {
    // The last 200 say what to change where passkeys cannot work, the status of a sign-in, and what is not remembered; 100
    // more signal a passkey that is unknown.
    bytes: 4000,
    code: `import { createClient, passkey, password, sessions } from 'torii-auth/browser'
const client = createClient()
export const signIn = (person) => password.authenticate(client, person)
export const usePasskey = () => passkey.authenticate(client)
export const addPasskey = (name) => passkey.register(client, { name })
export const signOut = () => sessions.signOut(client)`,
  },
  // The last 1600 are the session client of views, sessions that are not remembered, second factors, trusted browsers,
  // passkeys in the background and signals.
  everything: { bytes: 6250, code: `export * from 'torii-auth/browser'` },
}

/** Gzipped bytes that an entry for views, with its session client, may add to the use `password only`. */
export const viewBudget = 1500

const withEntry = (entry) => `${browserBudgets['password only'].code}
import { createSessionClient } from 'torii-auth/browser'
export const session = createSessionClient()
export * from 'torii-auth/${entry}'`
const viewEntries = ['react', 'vue', 'svelte']
const entryName = (entry) => `torii-auth/${entry}`

/** Gzipped bytes of each use. */
export async function browserSizes(root) {
  const sizes = {}
  for (const [use, { code }] of Object.entries(browserBudgets))
    sizes[use] = gzipSync(await bundle(root, code)).length
  for (const entry of viewEntries) {
    const size = gzipSync(await bundle(root, withEntry(entry))).length
    sizes[entryName(entry)] = size - sizes['password only']
  }
  return sizes
}

/** The uses over their budget, and uses of little that pay for more. */
export function browserSizeProblems(sizes) {
  const heavy = Object.entries(browserBudgets)
    .filter(([use, { bytes }]) => sizes[use] > bytes)
    .map(
      ([use, { bytes }]) =>
        `torii-auth/browser, ${use}: ${sizes[use]} bytes gzipped, budget ${bytes}: take something out, or raise the budget and say why`,
    )
  const views = viewEntries
    .map(entryName)
    .filter((entry) => sizes[entry] > viewBudget)
    .map(
      (entry) =>
        `${entry}: ${sizes[entry]} bytes gzipped on top of torii-auth/browser, budget ${viewBudget}: take something out`,
    )
  const over = [...heavy, ...views]
  const shaken = sizes['password only'] * 2 < sizes['password and passkeys']
  return shaken
    ? over
    : [...over, 'torii-auth/browser: a page without passkeys pays for them: it no longer shakes']
}

async function bundle(root, code) {
  const entry = join(root, 'browser-size-entry.js')
  const given = {
    name: 'given-entry',
    resolveId: (id) => (id === entry ? id : null),
    load: (id) => (id === entry ? code : null),
  }
  const build = await rolldown({
    input: entry,
    cwd: root,
    platform: 'browser',
    plugins: [given],
    external: ['react', 'vue'],
    // It warns of 'use client', which is for Next.js.
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  return output[0].code
}
