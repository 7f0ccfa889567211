import { readFile } from 'node:fs/promises'
import { InvalidInputError } from 'torii-core'
import { carriedFields } from './carried.js'
import { fileSource, mapRecords, requireFile, textFile } from './file-source.js'
import { readObjects } from './json-objects.js'
import type { SourceSettings } from './source.js'
import { isObject, nameOf, objectsOf, textOf, timeOf } from './values.js'

/**
 * Firebase: what `firebase auth:export users.json` writes, and the parameters of its scrypt, which the console shows ("Password hash
 * parameters"), in a second file. Read by its documentation of November 2026.
 */
export const firebase = fileSource({
  name: 'firebase',
  help: 'import the accounts of an export of Firebase',
  options: ['password-hashes'],
  open: async (settings) => {
    const hashOf = await readHashing(settings)
    return {
      saysVerified: true,
      read: () =>
        mapRecords(readObjects(textFile(settings.from), 2), (user) => fieldsOf(user, hashOf)),
    }
  },
})

type HashOf = (hash: string, salt: string) => string

const parameters = ['base64_signer_key', 'base64_salt_separator', 'rounds', 'mem_cost'] as const

/** Without parameters, a hash of a form that the report names. */
async function readHashing({ passwordHashes: path }: SourceSettings): Promise<HashOf> {
  if (path === null) return (hash) => `firebase:${hash}`
  await requireFile('password-hashes', path)
  const text = await readFile(path, 'utf8')
  const [key, separator, rounds, memory] = parameters.map((name) => {
    const [, value] = new RegExp(`\\b${name}"?\\s*[:=]\\s*"?([A-Za-z0-9+/_-]+=*)`).exec(text) ?? []
    if (value !== undefined) return standard(value)
    throw new InvalidInputError(
      '--password-hashes',
      `must name a file with ${parameters.join(', ')}, as the console of Firebase shows them: ${name} is missing`,
    )
  })
  return (hash, salt) =>
    `$fbscrypt$v=1,n=${memory},r=${rounds},p=1,ss=${separator},sk=${key}$${standard(salt)}$${standard(hash)}`
}

/** Base64 of the standard alphabet. */
const standard = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/')

/** Providers that are no account elsewhere. */
const ownProviders: readonly unknown[] = ['password', 'phone', 'emailLink', 'anonymous']

function fieldsOf(
  user: Readonly<Record<string, unknown>>,
  hashOf: HashOf,
): Record<string, unknown> {
  const [hash, salt] = [textOf(user.passwordHash), textOf(user.salt)]
  return {
    id: user.localId,
    email: textOf(user.email),
    emailVerified: user.emailVerified === true,
    name: nameOf(user.displayName),
    picture: textOf(user.photoUrl),
    metadata: claimsOf(user.customAttributes),
    createdAt: timeOf(user.createdAt),
    disabled: user.disabled === true,
    passwordHash: hash === null || salt === null ? null : hashOf(hash, salt),
    oauthAccounts: objectsOf(user.providerUserInfo)
      .filter(({ providerId }) => !ownProviders.includes(providerId))
      .map(({ providerId, rawId }) => ({
        provider: textOf(providerId)?.replace(/\.com$/, ''),
        subject: rawId,
      })),
    ...carriedFields({
      totp: objectsOf(user.mfaInfo).length > 0 ? 'unreadable' : null,
    }),
  }
}

/** Claims that only the server sets: JSON in a text. */
function claimsOf(value: unknown): object | null {
  const text = textOf(value)
  if (text === null) return null
  try {
    const claims: unknown = JSON.parse(text)
    return isObject(claims) && Object.keys(claims).length > 0 ? claims : null
  } catch {
    return null
  }
}
