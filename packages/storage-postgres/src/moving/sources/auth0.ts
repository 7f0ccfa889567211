import { carriedFields } from './carried.js'
import { fileSource, mapRecords, readJson, requireFile } from './file-source.js'
import type { SourceSettings } from './source.js'
import { isObject, nameOf, objectsOf, textOf, timeOf } from './values.js'

/**
 * Auth0: the NDJSON of a bulk user export, with the password hashes that its support exports in a second file; or that second file alone.
 * Read by its documentation of November 2026.
 */
export const auth0 = fileSource({
  name: 'auth0',
  help: 'import the accounts of an export of Auth0',
  options: ['password-hashes'],
  open: async (settings) => {
    const hashes = await readHashes(settings)
    return {
      saysVerified: true,
      read: () => mapRecords(readJson(settings.from), (user) => fieldsOf(user, hashes)),
    }
  },
})

/** Hashes by the id of the user, in memory: about 200 bytes each. */
async function readHashes({
  passwordHashes,
}: SourceSettings): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>()
  if (passwordHashes === null) return hashes
  await requireFile('password-hashes', passwordHashes)
  for await (const { fields } of readJson(passwordHashes)) {
    const [id, hash] = [fields === null ? null : idOf(fields), textOf(fields?.passwordHash)]
    if (id !== null && hash !== null) hashes.set(id, hash)
  }
  return hashes
}

/** The export of hashes has ids without the name of the connection's kind; `alt_id` is one of the customer's own. */
function idOf(user: Readonly<Record<string, unknown>>): string | null {
  const whole = textOf(user.user_id)
  if (whole !== null) return whole
  const own = textOf(user.alt_id) ?? (isObject(user._id) ? textOf(user._id.$oid) : null)
  return own === null ? null : `auth0|${own}`
}

/** Connections with passwords; users of the others have an account at a provider. */
const passwordKinds: readonly unknown[] = ['auth0', 'email', 'sms']

function fieldsOf(
  user: Readonly<Record<string, unknown>>,
  hashes: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const id = idOf(user)
  const { email, verified } = addressOf(user)
  return {
    id,
    email,
    ...(verified === null ? {} : { emailVerified: verified }),
    // Without a name Auth0 sets the address.
    name: user.name === user.email ? nameOf(user.given_name, user.family_name) : nameOf(user.name),
    picture: textOf(user.picture),
    metadata: isObject(user.app_metadata) ? user.app_metadata : null,
    createdAt: timeOf(user.created_at),
    updatedAt: timeOf(user.updated_at),
    disabled: user.blocked === true,
    passwordHash: textOf(user.passwordHash) ?? (id === null ? null : (hashes.get(id) ?? null)),
    oauthAccounts: identitiesOf(user, id),
    ...carriedFields({
      totp: Array.isArray(user.multifactor) && user.multifactor.length > 0 ? 'unreadable' : null,
    }),
  }
}

/** Some exports have the address among the identifiers alone. */
function addressOf(user: Readonly<Record<string, unknown>>) {
  const identifier = objectsOf(user.identifiers).find(({ type }) => type === 'email')
  const verified = user.email_verified ?? identifier?.verified
  return {
    email: textOf(user.email) ?? textOf(identifier?.value),
    verified: typeof verified === 'boolean' ? verified : null,
  }
}

/** The identities of the export, else the one that the id names: `google-oauth2|1175`. */
function identitiesOf(user: Readonly<Record<string, unknown>>, id: string | null) {
  const [kind = '', ...rest] = (id ?? '').split('|')
  const given = objectsOf(user.identities)
  const named = rest.length === 0 ? [] : [{ provider: kind, user_id: rest.join('|') }]
  return (given.length > 0 ? given : named).flatMap(({ provider, user_id: subject }) =>
    passwordKinds.includes(provider)
      ? []
      : [
          {
            provider: provider === 'google-oauth2' ? 'google' : provider,
            // Some providers have numbers.
            subject: typeof subject === 'number' ? String(subject) : subject,
          },
        ],
  )
}
