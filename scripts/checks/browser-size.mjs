/** What `torii-auth/browser` adds to a page, and that a page pays only for what it uses. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

/** Uses of the browser client, each with the bytes it may have, bundled, minified and gzipped. */
export const browserBudgets = {
  'password only': {
    bytes: 600,
    code: `import { createClient, password, sessions } from 'torii-auth/browser'
const client = createClient()
export const signIn = (person) => password.authenticate(client, person)
export const signOut = () => sessions.signOut(client)`,
  },
  'password and passkeys': {
    // The last 100 say what to change where passkeys cannot work.
    bytes: 3800,
    code: `import { createClient, passkey, password, sessions } from 'torii-auth/browser'
const client = createClient()
export const signIn = (person) => password.authenticate(client, person)
export const usePasskey = () => passkey.authenticate(client)
export const addPasskey = (name) => passkey.register(client, { name })
export const signOut = () => sessions.signOut(client)`,
  },
  everything: { bytes: 4600, code: `export * from 'torii-auth/browser'` },
}

/** Gzipped bytes of each use. */
export async function browserSizes(root) {
  const sizes = {}
  for (const [use, { code }] of Object.entries(browserBudgets))
    sizes[use] = gzipSync(await bundle(root, code)).length
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
  const shaken = sizes['password only'] * 2 < sizes['password and passkeys']
  return shaken
    ? heavy
    : [...heavy, 'torii-auth/browser: a page without passkeys pays for them: it no longer shakes']
}

async function bundle(root, code) {
  const entry = join(root, 'browser-size-entry.js')
  const given = {
    name: 'given-entry',
    resolveId: (id) => (id === entry ? id : null),
    load: (id) => (id === entry ? code : null),
  }
  const build = await rolldown({ input: entry, cwd: root, platform: 'browser', plugins: [given] })
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  return output[0].code
}
