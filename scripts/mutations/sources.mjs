/** Guards of the sources that accounts are imported from, each weakened alone; as in storage.mjs. */
const guard = (file, weakens, from, to, test = `${sources}/database-sources`) => ({
  file: `packages/storage-postgres/src/${file}.ts`,
  weakens: `sources: ${weakens}`,
  from,
  to,
  tests: [`storage-postgres/src/${test}`],
})
const sources = 'moving/sources'

export const sourceMutations = [
  guard(
    `${sources}/database-source`,
    'row-level security hides accounts from an import',
    'set local row_security = off;',
    '',
  ),
  guard(
    `${sources}/tables`,
    'a name of a column ends its quotes',
    `name.replaceAll('"', '""')`,
    'name',
  ),
  guard(
    `${sources}/better-auth`,
    "an administrator's session in the name of a user comes along",
    " and ${session.optional('impersonatedBy')} is null",
    '',
  ),
  guard(
    `${sources}/better-auth`,
    'a second factor that cannot be read is lost',
    "totpOf(textOf(factor.secret), decrypt) ?? ('unreadable' as const)",
    'totpOf(textOf(factor.secret), decrypt)',
  ),
  guard(
    `${sources}/better-auth`,
    'an encrypted token counts as a token',
    'token !== null && isEncrypted(token) ? decrypt(token) : token',
    'token',
  ),
  guard(
    `${sources}/better-auth`,
    'a banned user is not disabled',
    'disabled: row.banned === true &&',
    'disabled: row.banned === null &&',
  ),
  guard(
    `${sources}/supabase`,
    'metadata that users write themselves is metadata here',
    'metadata: metadataOf(row.metadata)',
    'metadata: metadataOf(row.profile)',
  ),
  guard(
    `${sources}/supabase`,
    'deleted users come back',
    "${user.optional('deleted_at')} is null and",
    '',
  ),
  guard(
    `${sources}/carried`,
    'a token of a session leaves its source',
    "createHash('sha256').update(token).digest('hex')",
    "createHash('sha256').digest('hex') + token",
  ),
  guard(
    `${sources}/clerk`,
    'metadata that users of Clerk write themselves is metadata here',
    'isObject(user.public_metadata) ? user.public_metadata : null',
    'isObject(user.unsafe_metadata) ? user.unsafe_metadata : null',
    `${sources}/file-sources`,
  ),
  guard(
    `${sources}/clerk`,
    'a provider account that was not proved signs in',
    'subject === null || !isProved',
    'subject === null',
    `${sources}/file-sources`,
  ),
  guard(
    'command/import-command',
    'addresses of which nothing is known are imported without a decision',
    'if (!saysVerified && verified === null)',
    'if (!saysVerified && verified === false)',
    'command/import-sources',
  ),
]
