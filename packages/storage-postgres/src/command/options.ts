/** An option of the command. */
export interface OptionEntry {
  /** The word for its value; null for a flag. */
  readonly value: string | null
  readonly help: string
}

/** Every option, by its name without the dashes. A command lists those that it takes. */
export const options = {
  'database-url': {
    value: 'URL',
    help: 'postgresql://... or pglite:DIR (default: DATABASE_URL)',
  },
  schema: { value: 'NAME', help: 'schema of the tables (default: DATABASE_SCHEMA, or torii)' },
  json: { value: null, help: 'print one JSON object' },
  help: { value: null, help: 'print this help' },
  version: { value: null, help: 'print the version' },
  'grant-to': { value: 'ROLE', help: 'let this role run the application' },
  'drop-all-data': { value: 'SCHEMA', help: 'the schema, to confirm that its data is deleted' },
  for: { value: 'LIBRARY', help: 'drizzle, prisma or kysely' },
  of: { value: 'SCHEMA', help: 'the schema, to confirm that its sessions end' },
  watch: { value: null, help: 'sweep again and again until SIGINT or SIGTERM' },
  every: { value: 'SECONDS', help: 'time between two sweeps with --watch (default: 3600)' },
  'unverified-days': {
    value: 'DAYS',
    help: 'delete accounts too whose email address was not verified for so long (default: none)',
  },
  limit: { value: 'NUMBER', help: 'users at most, 1 to 200 (default: 50)' },
  name: { value: 'NAME', help: 'display name' },
  picture: { value: 'URL', help: 'https URL of a picture' },
  metadata: { value: 'JSON', help: "the application's own data, one JSON object" },
  verified: { value: null, help: 'the email address counts as verified' },
  passkeys: { value: null, help: 'remove the passkeys too' },
  from: {
    value: 'URL|FILE',
    help: 'the database (or the name of an environment variable with its URL), or the file',
  },
  'from-schema': { value: 'NAME', help: "schema of the source's tables (default: its usual one)" },
  columns: { value: 'LIST', help: 'columns of the table of users, as in email=mail,name=title' },
  'password-hashes': {
    value: 'FILE',
    help: 'what the source gives apart: the hashes of Auth0, the hash parameters of Firebase',
  },
  source: {
    value: 'NAME',
    help: 'name of the other system, if there are several (default: the word after import)',
  },
  addresses: {
    value: 'HOW',
    help: 'verified, unverified, or the csv column that says so',
  },
  'wrap-weak-hashes': {
    value: null,
    help: 'store MD5, SHA and phpass hashes inside Argon2id, which takes time',
  },
  'imported-passwords': {
    value: null,
    help: 'let password.importedPassword verify accounts without a hash',
  },
  'sessions-days': {
    value: 'DAYS',
    help: 'end imported sessions after so many days, 0 to take none (default: 14)',
  },
  'enroll-lost-factors': {
    value: null,
    help: 'users whose second factor cannot be imported enroll another one at their next sign-in',
  },
  since: {
    value: 'TIME',
    help: 'take only what the old system has changed since then, also of accounts that are here',
  },
  verify: { value: null, help: 'compare with what is here, and write nothing' },
  'dry-run': { value: null, help: 'report what would be done, and write nothing' },
  format: { value: 'FORMAT', help: 'jsonl' },
  yes: { value: null, help: 'do not ask for confirmation' },
} as const satisfies Readonly<Record<string, OptionEntry>>

export type OptionName = keyof typeof options

/** Options that every command takes. */
export const commonOptions = ['database-url', 'schema', 'json', 'help'] as const

/** The options that were given; a flag is `true`. */
export type Flags = Readonly<Partial<Record<OptionName, string | true>>>

/** The value of an option that takes one, or undefined if it was not given. */
export function textOf(flags: Flags, name: OptionName): string | undefined {
  const value = flags[name]
  return value === true ? undefined : value
}
