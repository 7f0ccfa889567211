import { findSimilar, ToriiError } from 'torii-core'
import {
  defineTables,
  definitionLibraries,
  isDefinitionLibrary,
} from '../definitions/definitions.js'
import { refuseDrift } from '../migrate/migration-history.js'
import type { Command } from './command.js'
import { command } from './command.js'
import { UsageError } from './exit-codes.js'
import { textOf } from './options.js'
import { done } from './report.js'

export const definitionsCommand: Command = command(
  'schema',
  'print the tables as definitions for an ORM or query builder',
  async ({ flags, open }) => {
    const library = readLibrary(textOf(flags, 'for') ?? '')
    const storage = await open()
    const status = await storage.migrationStatus()
    refuseDrift(status)
    const { schema, version, pending } = status
    if (pending.length > 0)
      throw new ToriiError(
        'ERR_SCHEMA_OUTDATED',
        `schema ${schema} is at version ${version} of ${status.latest}: run "npx torii-storage-postgres migrate" first`,
      )
    const definitions = await storage.transaction((tx) =>
      defineTables(library, (text, values) => tx.query(text, values), { schema, version }),
    )
    return done({ schema, version, for: library, definitions }, definitions.trimEnd())
  },
  { options: ['for'], needs: 'for' },
)

function readLibrary(name: string) {
  if (isDefinitionLibrary(name)) return name
  const similar = findSimilar(name, definitionLibraries)
  const hint = similar === null ? '' : `; did you mean ${similar}?`
  throw new UsageError(`--for must be one of ${definitionLibraries.join(', ')}${hint}`)
}
