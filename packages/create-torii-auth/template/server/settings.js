import { existsSync } from 'node:fs'

if (existsSync('.env')) process.loadEnvFile()

const onLocalhost = /^http:\/\/localhost(?::\d+)?$/

/** The settings of the application, out of the environment and the file .env. */
export function readSettings(env = process.env) {
  const port = Number(env.PORT ?? 3000)
  const settings = {
    port,
    host: env.HOST ?? '127.0.0.1',
    baseUrl: env.BASE_URL ?? `http://localhost:${port}`,
    databaseUrl: env.DATABASE_URL ?? 'pglite:.torii/data',
    key: env.TORII_KEY ?? '',
    smtpUrl: env.SMTP_URL ?? null,
    mailFrom: env.MAIL_FROM ?? 'My application <no-reply@localhost>',
    trustedProxyHops: Number(env.TRUSTED_PROXY_HOPS ?? 0),
  }
  if (settings.key === '')
    throw new Error('TORII_KEY is missing: .env.example says how to make one')
  if (settings.smtpUrl === null && !onLocalhost.test(settings.baseUrl))
    throw new Error('SMTP_URL is missing: only on localhost is mail shown in the terminal')
  return settings
}
