import type { Command } from './command.js'
import { command } from './command.js'
import { exitCodes, UsageError } from './exit-codes.js'
import { textOf } from './options.js'
import { printable } from './printable.js'
import { done } from './report.js'

const cleanOr = (clean: boolean) => (clean ? exitCodes.done : exitCodes.pendingOrDrifted)

/** The commands on the tables as a whole. */
export const schemaCommands: readonly Command[] = [
  command(
    'migrate',
    'bring the schema to this version and print what was applied',
    async ({ flags, open }) => {
      const role = textOf(flags, 'grant-to')
      const storage = await open()
      const result = await storage.migrate(role === undefined ? {} : { grantTo: role })
      const { schema, version, applied } = result
      const lines = [
        ...applied.map(({ id, name }) => `applied ${id} ${name}`),
        ...(role === undefined ? [] : [`${printable(role)} may run the application`]),
        `schema ${schema} is at version ${version}`,
      ]
      return done({ schema, version, applied }, lines.join('\n'))
    },
    { options: ['grant-to'] },
  ),
  command('status', 'print what is applied and what is pending', async ({ open }) => {
    const status = await (await open()).migrationStatus()
    const lines = [
      `schema ${status.schema} is at version ${status.version} of ${status.latest}`,
      ...status.pending.map(({ id, name }) => `pending: ${id} ${name}`),
      ...status.drift.map(({ id, name, problem }) => `${problem}: ${id} ${printable(name)}`),
    ]
    const clean = status.pending.length === 0 && status.drift.length === 0
    return { json: status, text: lines.join('\n'), exitCode: cleanOr(clean) }
  }),
  command('plan', 'print the SQL of what is pending', async ({ open }) => {
    const sql = await (await open()).migrationPlan()
    return done({ sql }, sql === '' ? '-- nothing is pending' : sql.trimEnd())
  }),
  command('validate', "check that the schema is this version's", async ({ open }) => {
    const storage = await open()
    const { schema, version, latest, pending, drift } = await storage.migrationStatus()
    const problems = [
      ...pending.map(({ id, name }) => `migration ${id} (${name}) is pending`),
      ...drift.map(({ id, name, problem }) => `migration ${id} (${name}) is ${problem}`),
      ...(await storage.schemaProblems()),
    ]
    const valid = problems.length === 0
    return {
      json: { schema, version, latest, valid, problems },
      text: valid
        ? `schema ${schema} is valid at version ${version}`
        : problems.map(printable).join('\n'),
      exitCode: cleanOr(valid),
    }
  }),
  command(
    'revoke-all',
    'end every session and pending token, after a restore',
    async ({ flags, open }) => {
      const storage = await open()
      const { schema } = await storage.migrationStatus()
      if (flags.of !== schema)
        throw new UsageError(
          `--of must repeat the name of the schema whose sessions end: it is ${schema}`,
        )
      const users = await storage.revokeAllSessionsAndTokens()
      return done({ schema, users }, `ended every session and pending token of ${users} users`)
    },
    { options: ['of'], needs: 'of' },
  ),
  command(
    'down',
    'drop every Torii table with its data (development)',
    async ({ flags, open }) => {
      const schema = textOf(flags, 'drop-all-data') ?? ''
      await (await open()).dropAllData(schema)
      return done({ schema, dropped: true }, `dropped every Torii table of schema ${schema}`)
    },
    { options: ['drop-all-data'], needs: 'drop-all-data' },
  ),
]
