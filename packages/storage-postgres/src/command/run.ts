import { ToriiError } from 'torii-core'
import type { Call, Command, Target } from './command.js'
import type { CommandStorage, Connect } from './command-storage.js'
import { commands } from './commands.js'
import { exitCodes, Refusal, UsageError } from './exit-codes.js'
import { createMask, maskConnectionUrls } from './masking.js'
import type { Flags } from './options.js'
import { textOf } from './options.js'
import { printable, printableJson } from './printable.js'
import { createProgress } from './progress.js'
import type { Arguments } from './read-arguments.js'
import { readArguments } from './read-arguments.js'
import type { Report } from './report.js'
import { done } from './report.js'
import type { Terminal } from './terminal.js'
import { guardTerminal } from './terminal.js'
import { describeAll, describeOne, program } from './usage.js'
import { readVersion } from './version.js'

/** Runs the command of these words and prints its answer. Returns the exit status; never rejects. */
export async function runCommand(
  given: readonly string[],
  process: Terminal,
  connect: Connect,
): Promise<number> {
  const isJson = given.includes('--json')
  const mask = createMask(urlsOf(given, process.env))
  const terminal = guardTerminal(process, mask)
  try {
    const call = { terminal, mask }
    const { json, text, exitCode } = await answer(readArguments(given, commands), call, connect)
    // An answer is data: a word stays, even if it is the password. The password of a URL does not.
    const asJson = json === null ? '' : printableJson(json, maskConnectionUrls)
    const shown = isJson ? asJson : maskConnectionUrls(text)
    if (shown !== '') terminal.print(shown)
    return exitCode
  } catch (error) {
    const { code, message, more, exitCode } = explain(error)
    if (isJson) terminal.print(printableJson({ error: code, message }, mask))
    else terminal.warn(more)
    return exitCode
  }
}

async function answer(
  { command, words, flags }: Arguments,
  shared: Pick<Call, 'terminal' | 'mask'>,
  connect: Connect,
): Promise<Report> {
  if (flags.help) {
    const usage = command === null ? describeAll(commands) : describeOne(command)
    return done({ usage }, usage)
  }
  if (command === null) {
    const version = readVersion()
    return done({ version }, version)
  }
  return runOne(command, { words, flags, ...shared }, connect)
}

async function runOne(
  { run }: Command,
  { words, flags, terminal, mask }: Pick<Call, 'words' | 'flags' | 'terminal' | 'mask'>,
  connect: Connect,
): Promise<Report> {
  const target = readTarget(flags, terminal)
  const silent = flags.json === true
  const progress = createProgress(terminal, { silent, now: () => performance.now() })
  let storage: Promise<CommandStorage> | null = null
  const open = () => {
    storage ??= connect(target.url, {
      schema: target.schema,
      maxConnections: 2,
      log: ({ event, operation = '' }) => {
        if (event === 'migration_applied') progress.show(`applied ${operation}`, null)
      },
    })
    return storage
  }
  const call: Call = { words, flags, target, terminal, mask, progress, open }
  try {
    return await run(call)
  } finally {
    progress.end()
    await closeOpened(storage)
  }
}

/** What could not be opened needs no closing; its error is that of the command. */
async function closeOpened(storage: Promise<CommandStorage> | null): Promise<void> {
  await (await storage?.catch(() => null))?.close()
}

function readTarget(flags: Flags, { env }: Terminal): Target {
  const url = textOf(flags, 'database-url') ?? env.DATABASE_URL
  if (url === undefined) throw new UsageError('set --database-url or DATABASE_URL')
  return { url, schema: textOf(flags, 'schema') ?? env.DATABASE_SCHEMA ?? 'torii' }
}

/** Every URL of a command line that may be wrong, and those of the environment that the command reads. */
function urlsOf(given: readonly string[], env: Terminal['env']) {
  const words = given
    .filter(
      (word, index) =>
        word.includes('://') ||
        word.startsWith('--database-url=') ||
        word.startsWith('--from=') ||
        ['--database-url', '--from'].includes(given[index - 1] ?? ''),
    )
    .map((word) => word.replace(/^--[\w-]+=/, ''))
  return [...words, env.DATABASE_URL ?? '', ...words.map((word) => env[word] ?? '')]
}

/** How an error is shown. */
interface Failure {
  readonly code: string
  readonly message: string
  /** The lines for a person. */
  readonly more: string
  readonly exitCode: number
}

/** Codes that mean: the database is not as this version expects it, rather than broken. */
const driftCodes: readonly string[] = [
  'ERR_MIGRATION_DRIFT',
  'ERR_SCHEMA_NEWER',
  'ERR_SCHEMA_OUTDATED',
]
/** Codes of a wrong call. */
const usageCodes: readonly string[] = ['ERR_INVALID_OPTIONS', 'ERR_INVALID_INPUT']

function explain(error: unknown): Failure {
  const message = printable(error instanceof Error ? error.message : String(error))
  if (error instanceof UsageError)
    return {
      code: 'ERR_USAGE',
      message,
      more: `${message}\nSee: ${program} --help`,
      exitCode: exitCodes.usage,
    }
  if (error instanceof Refusal)
    return { code: error.reason, message, more: message, exitCode: exitCodes.failed }
  const code = error instanceof ToriiError ? error.code : 'ERR_STORAGE'
  const cause =
    error instanceof Error && error.cause instanceof Error
      ? `\n  ${printable(error.cause.message)}`
      : ''
  return { code, message, more: `${code}: ${message}${cause}`, exitCode: exitCodeOf(code) }
}

function exitCodeOf(code: string): number {
  if (usageCodes.includes(code)) return exitCodes.usage
  return driftCodes.includes(code) ? exitCodes.pendingOrDrifted : exitCodes.failed
}
