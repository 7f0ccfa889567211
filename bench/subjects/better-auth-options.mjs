import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { magicLink } from 'better-auth/plugins/magic-link'
import pg from 'pg'
import { password } from '../keys.mjs'

/** Good for a benchmark on loopback only. */
export const secret = 'a secret of the benchmark, of no other use'

/** Its tables lie in a schema of their own. */
export const betterAuthPool = (url, max) =>
  new pg.Pool({
    connectionString: url,
    idleTimeoutMillis: 0,
    max,
    options: '-c search_path=better_auth',
  })

/** The provider of the benchmark, as its plugin for any provider takes one. */
const exampleProvider = (url) => ({
  providerId: 'example',
  clientId: 'bench',
  clientSecret: 'of a benchmark only',
  authorizationUrl: `${url}/authorize`,
  tokenUrl: `${url}/token`,
  userInfoUrl: `${url}/user`,
  scopes: ['user'],
  pkce: true,
})

/**
 * As its documentation sets it up for PostgreSQL, with what would write or answer in the place of the
 * database (rate limits, telemetry, the cookie cache, which is off by default) off.
 */
export function betterAuthOptions(
  pool,
  { hash, onLink = () => {}, provider = 'http://127.0.0.1' } = {},
) {
  return {
    database: pool,
    secret,
    baseURL: 'http://localhost:3000',
    emailAndPassword: { enabled: true, ...(hash === undefined ? {} : { password: hash }) },
    plugins: [
      magicLink({ sendMagicLink: async ({ email, token }) => onLink(email, token) }),
      genericOAuth({ config: [exampleProvider(provider)] }),
    ],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  }
}

/** Makes its tables by its own migration and returns its own hash of the benchmark's password. */
export async function prepareBetterAuth(url) {
  const pool = betterAuthPool(url, 2)
  const options = betterAuthOptions(pool)
  const { runMigrations } = await getMigrations(options)
  await runMigrations()
  const { password: hashing } = await betterAuth(options).$context
  const hash = await hashing.hash(password)
  await pool.end()
  return hash
}
