import { quoteSchema } from '../base/schema-name.js'
import { exportUsers } from '../moving/export-users.js'
import type { Command } from './command.js'
import { command } from './command.js'
import { exitCodes, UsageError } from './exit-codes.js'
import { printableJson } from './printable.js'

/** The command that writes every account, for this or another system. */
export const exportCommand: Command = command(
  'export',
  'print every account with its sign-in methods, one JSON object a line',
  async ({ flags, terminal, target, open }) => {
    if (flags.format !== 'jsonl') throw new UsageError('--format must be jsonl')
    const storage = await open()
    const { exported } = await exportUsers(
      {
        transaction: (work) => storage.transaction(({ query }) => work(query)),
        schema: quoteSchema(target.schema),
      },
      (line) => terminal.print(printableJson(JSON.parse(line))),
    )
    if (!flags.json) terminal.warn(`exported ${exported} accounts`)
    return { json: null, text: '', exitCode: exitCodes.done }
  },
  { options: ['format'], needs: 'format' },
)
