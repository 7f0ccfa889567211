#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { ToriiError } from 'torii-core'
import { PostgresStorage } from './storage.js'

const usage = `Usage: torii-storage-postgres COMMAND [options]

Commands:
  migrate [--grant-to ROLE]      bring the schema to this version; let ROLE run the application
  status                         what is applied and what is pending
  plan                           print the SQL of what is pending
  validate                       check that the schema is this version's
  sweep                          delete what is expired or ended
  revoke-all --of SCHEMA         end every session and pending token, after a restore
  down --drop-all-data SCHEMA    drop every Torii table with its data (development)

Options:
  --database-url URL             postgresql://... or pglite:DIR (default: DATABASE_URL)
  --schema NAME                  schema of the tables (default: DATABASE_SCHEMA, or torii)
  --json                         print one JSON object

Exit status: 0 done, 1 failed, 2 wrong usage, 3 pending or drifted.`

const exitCodes = { done: 0, failed: 1, usage: 2, pendingOrDrifted: 3 } as const

class UsageError extends Error {}

type Flags = ReturnType<typeof readArguments>['values']

/** What a command did: its JSON, its words, its exit status. */
interface Report {
  json: object
  text: string
  exitCode: number
}

const commands: Record<string, (storage: PostgresStorage, flags: Flags) => Promise<Report>> = {
  async migrate(storage, flags) {
    const role = flags['grant-to']
    const result = await storage.migrate(role === undefined ? {} : { grantTo: role })
    const { schema, version, applied } = result
    const steps = applied.map(({ id, name }) => `applied ${id} ${name}\n`).join('')
    const rights = role === undefined ? '' : `${role} may run the application\n`
    return done(result, `${steps}${rights}schema ${schema} is at version ${version}`)
  },
  async status(storage) {
    const status = await storage.migrationStatus()
    const lines = [
      `schema ${status.schema} is at version ${status.version} of ${status.latest}`,
      ...status.pending.map(({ id, name }) => `pending: ${id} ${name}`),
      ...status.drift.map(({ id, name, problem }) => `${problem}: ${id} ${name}`),
    ]
    const clean = status.pending.length === 0 && status.drift.length === 0
    return {
      json: status,
      text: lines.join('\n'),
      exitCode: clean ? exitCodes.done : exitCodes.pendingOrDrifted,
    }
  },
  async plan(storage) {
    const sql = await storage.migrationPlan()
    return done({ sql }, sql === '' ? '-- nothing is pending' : sql.trimEnd())
  },
  async validate(storage) {
    const { schema, version, latest, pending, drift } = await storage.migrationStatus()
    const problems = [
      ...pending.map(({ id, name }) => `migration ${id} (${name}) is pending`),
      ...drift.map(({ id, name, problem }) => `migration ${id} (${name}) is ${problem}`),
      ...(await storage.schemaProblems()),
    ]
    const valid = problems.length === 0
    return {
      json: { schema, version, latest, valid, problems },
      text: valid ? `schema ${schema} is valid at version ${version}` : problems.join('\n'),
      exitCode: valid ? exitCodes.done : exitCodes.pendingOrDrifted,
    }
  },
  async sweep(storage) {
    const { deleted } = await storage.sweep()
    const lines = Object.entries(deleted).map(([table, count]) => `${table}: ${count}`)
    return done({ deleted }, lines.join('\n'))
  },
  async 'revoke-all'(storage, flags) {
    const { schema } = await storage.migrationStatus()
    if (flags.of !== schema)
      throw new UsageError(
        `--of must repeat the name of the schema whose sessions end: it is ${schema}`,
      )
    const users = await storage.revokeAllSessionsAndTokens()
    return done({ schema, users }, `ended every session and pending token of ${users} users`)
  },
  async down(storage, flags) {
    const schema = flags['drop-all-data'] ?? ''
    await storage.dropAllData(schema)
    return done({ schema, dropped: true }, `dropped every Torii table of schema ${schema}`)
  },
}

/** Options that belong to one command, and the value that the command cannot run without. */
const ownOptions = {
  'grant-to': { command: 'migrate', needs: null },
  'drop-all-data': { command: 'down', needs: 'SCHEMA' },
  of: { command: 'revoke-all', needs: 'SCHEMA' },
} as const

const done = (json: object, text: string): Report => ({ json, text, exitCode: exitCodes.done })

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        'grant-to': { type: 'string' },
        'drop-all-data': { type: 'string' },
        of: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'wrong arguments')
  }
}

/** The command asked for. Words are repeated only where they cannot be a URL with its password. */
function readCommand([name, ...rest]: string[], flags: Flags) {
  if (name === undefined) throw new UsageError('a command is missing')
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined)
    throw new UsageError(/^\w{1,20}$/.test(name) ? `unknown command: ${name}` : 'unknown command')
  if (rest.length > 0)
    throw new UsageError('one command is enough: a URL comes after --database-url')
  for (const [option, { command: owner, needs }] of Object.entries(ownOptions)) {
    const given = Reflect.get(flags, option) !== undefined
    if (given && owner !== name) throw new UsageError(`--${option} is for ${owner}`)
    if (!given && owner === name && needs !== null)
      throw new UsageError(`${name} needs --${option} ${needs}`)
  }
  return command
}

async function main(): Promise<number> {
  const { values: flags, positionals } = readArguments()
  if (flags.help) {
    console.log(usage)
    return exitCodes.done
  }
  const command = readCommand(positionals, flags)
  const url = flags['database-url'] ?? process.env.DATABASE_URL
  if (url === undefined) throw new UsageError('set --database-url or DATABASE_URL')
  const schema = flags.schema ?? process.env.DATABASE_SCHEMA ?? 'torii'
  const storage = await PostgresStorage.connect(url, { schema, maxConnections: 2 })
  try {
    const { json, text, exitCode } = await command(storage, flags)
    console.log(flags.json ? JSON.stringify(json) : text)
    return exitCode
  } finally {
    await storage.close()
  }
}

/** Codes that mean: the database is not as this version expects it, rather than broken. */
const driftCodes: readonly string[] = ['ERR_MIGRATION_DRIFT', 'ERR_SCHEMA_NEWER']

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${usage}`)
    return exitCodes.usage
  }
  const code = error instanceof ToriiError ? error.code : 'ERR_STORAGE'
  const message = error instanceof Error ? error.message : String(error)
  const cause =
    error instanceof Error && error.cause instanceof Error ? `\n  ${error.cause.message}` : ''
  if (process.argv.includes('--json')) console.log(JSON.stringify({ error: code, message }))
  else console.error(`${code}: ${message}${cause}`)
  if (code === 'ERR_INVALID_OPTIONS' || code === 'ERR_INVALID_INPUT') return exitCodes.usage
  return driftCodes.includes(code) ? exitCodes.pendingOrDrifted : exitCodes.failed
}

process.exitCode = await main().catch(explain)
