import { setTimeout as sleep } from 'node:timers/promises'
import type { RepeatedSweepOptions, SweepCounts } from 'torii-core'
import { ToriiError } from 'torii-core'
import type { Call, Command } from './command.js'
import { command } from './command.js'
import type { CommandStorage } from './command-storage.js'
import { UsageError } from './exit-codes.js'
import type { Flags } from './options.js'
import { textOf } from './options.js'
import { printableJson } from './printable.js'
import type { Progress } from './progress.js'
import { done } from './report.js'

export const sweepCommand: Command = command(
  'sweep',
  'delete what is expired or ended',
  async (call) => {
    const seconds = readSeconds(call.flags)
    const accounts = { unverifiedAccountSeconds: readUnverified(call.flags) }
    const storage = await call.open()
    if (call.flags.watch) return watch(call, storage, { everySeconds: seconds, ...accounts })
    const { deleted } = await storage.sweep({ ...accounts, onProgress: shownBy(call.progress) })
    return done({ deleted }, describe({ deleted }).join('\n'))
  },
  { options: ['watch', 'every', 'unverified-days'] },
)

const describe = ({ deleted }: SweepCounts): string[] =>
  Object.entries(deleted).map(([table, count]) => `${table}: ${count}`)

const shownBy =
  (progress: Progress) =>
  ({ table, share }: { table: string; share: number | null }) =>
    progress.show(`sweeping ${table}`, share)

function readSeconds(flags: Flags): number {
  const text = textOf(flags, 'every')
  if (text === undefined) return 3600
  if (!flags.watch) throw new UsageError('--every is for sweep --watch')
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds < 1 || seconds > 604_800)
    throw new UsageError('--every must be a number of seconds from 1 to 604800')
  return seconds
}

/** From which age on accounts are deleted that were never verified; null for none. */
function readUnverified(flags: Flags): number | null {
  const text = textOf(flags, 'unverified-days')
  if (text === undefined) return null
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (days < 1) throw new UsageError('--unverified-days must be a number of days from 1 to 9999')
  return days * 86_400
}

/** What a later sweep may do without: the database was away, or busy. */
const passing: readonly string[] = [
  'ERR_UNAVAILABLE',
  'ERR_CONTENTION',
  'ERR_STATEMENT_ENDED',
  'ERR_OUTCOME_UNKNOWN',
]

/**
 * Sweeps whenever it is due, until the process is asked to end. The database lets one process sweep at a time, so this may
 * run next to applications that sweep themselves. Prints a line for each sweep of this process.
 */
async function watch(
  { flags, terminal, progress }: Call,
  storage: CommandStorage,
  options: Required<Pick<RepeatedSweepOptions, 'everySeconds' | 'unverifiedAccountSeconds'>>,
) {
  const { everySeconds: every } = options
  const { signal } = terminal
  let sweeps = 0
  while (!signal.aborted) {
    const counts = await storage
      .sweepIfDue({ ...options, signal, onProgress: shownBy(progress) })
      .catch((error: unknown) => {
        if (!(error instanceof ToriiError && passing.includes(error.code))) throw error
        terminal.warn(`${error.code}: ${error.message}. Trying again in ${every} seconds`)
        return null
      })
    progress.end()
    if (counts !== null) {
      sweeps += 1
      terminal.print(flags.json ? printableJson(counts) : `swept: ${summary(counts)}`)
    }
    await sleep(every * 1000, undefined, { signal }).catch(() => undefined)
  }
  return done({ sweeps }, `ended after ${sweeps} sweeps`)
}

function summary({ deleted }: SweepCounts): string {
  const gone = Object.entries(deleted).filter(([, count]) => count > 0)
  return gone.length === 0
    ? 'nothing to delete'
    : gone.map(([table, count]) => `${table} ${count}`).join(', ')
}
