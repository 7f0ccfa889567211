import type { Command } from './command.js'
import { definitionsCommand } from './definitions-command.js'
import { doctorCommand } from './doctor-command.js'
import { exportCommand } from './export-command.js'
import { importCommands } from './import-command.js'
import { keysCommand } from './keys-command.js'
import { schemaCommands } from './schema-commands.js'
import { sweepCommand } from './sweep-command.js'
import { sessionChanges, userChanges } from './user-changes.js'
import { sessionReads, userReads } from './user-reads.js'

/** Every command, in the order of the usage text. */
export const commands: readonly Command[] = [
  ...schemaCommands,
  definitionsCommand,
  sweepCommand,
  doctorCommand,
  ...userReads,
  ...userChanges,
  ...sessionReads,
  ...sessionChanges,
  keysCommand,
  ...importCommands,
  exportCommand,
]
