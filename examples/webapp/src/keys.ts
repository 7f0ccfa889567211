import { createPrivateKey, hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ApplicationKey, JwtKey } from 'torii-auth'
import type { Settings } from './settings.js'
import { parseKeys, SettingsError } from './settings.js'

type Keys = readonly ApplicationKey[]

/** The application's secrets: those of the environment, or the ones stored next to the data. */
export async function loadKeys({ keys, databaseUrl }: Settings): Promise<Keys> {
  if (keys !== null) return keys
  const fresh = `k1:${randomBytes(32).toString('base64url')}`
  if (databaseUrl === 'pglite:') return parseKeys(fresh)
  const isEmbedded = databaseUrl.startsWith('pglite:')
  return storedKeys(isEmbedded ? join(databaseUrl.slice(7), 'torii-keys') : '.torii/keys', fresh)
}

/** When two processes start at the same time, one creates the keys and both read them. */
async function storedKeys(path: string, fresh: string): Promise<Keys> {
  const kept = await readStored(path)
  if (kept !== null) return kept
  const unfinished = `${path}.${randomBytes(8).toString('hex')}.part`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await writeFile(unfinished, `${fresh}\n`, { flag: 'wx', mode: 0o600 })
    await link(unfinished, path).catch(unlessCode('EEXIST'))
  } finally {
    await rm(unfinished, { force: true })
  }
  return (await readStored(path)) ?? parseKeys(fresh)
}

async function readStored(path: string): Promise<Keys | null> {
  const file = await open(path, 'r').catch(unlessCode('ENOENT'))
  if (file === null) return null
  try {
    const { mode } = await file.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new SettingsError(
        `${path} holds secrets, but other users can read it. Run "chmod 600 ${path}"`,
      )
    return parseKeys((await readFile(file, 'utf8')).trim())
  } finally {
    await file.close()
  }
}

/** Turns the expected error into null. */
const unlessCode = (code: string) => (error: NodeJS.ErrnoException) => {
  if (error.code === code) return null
  throw error
}

/** RFC 8410: the bytes before the 32 of an Ed25519 key in PKCS#8. */
const pkcs8Start = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Derives a signing key from each secret, so that every process of the site signs and verifies alike. */
export const signingKeys = (keys: Keys): JwtKey[] =>
  keys.map(({ id, secret }) => {
    const bytes = typeof secret === 'string' ? Buffer.from(secret, 'base64url') : secret
    const seed = Buffer.from(hkdfSync('sha256', bytes, '', 'torii-webapp:jwt:1', 32))
    const key = Buffer.concat([pkcs8Start, seed])
    const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
    return { id, algorithm: 'EdDSA', privateKey }
  })
