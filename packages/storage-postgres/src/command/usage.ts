import type { Command } from './command.js'
import { exitCodes } from './exit-codes.js'
import type { OptionName } from './options.js'
import { commonOptions, options } from './options.js'

/** The name of the program; never a bare `torii`, which on npm is another project. */
export const program = 'torii-storage-postgres'

/** The text of `--help`. */
export function describeAll(commands: readonly Command[]): string {
  const lines = commands.map((each) => [signature(each), each.help] as const)
  return [
    `Usage: ${program} COMMAND [options]`,
    `Commands:\n${table(lines)}`,
    `Options:\n${table([...commonOptions, 'version' as const].map(optionLine))}`,
    `${program} COMMAND --help describes one command.`,
    exitLine,
  ].join('\n\n')
}

/** The text of `COMMAND --help`. */
export function describeOne(command: Command): string {
  const own = command.options.map(optionLine)
  return [
    `Usage: ${program} ${signature(command)} [options]`,
    sentence(command.help),
    `Options:\n${table([...own, ...commonOptions.map(optionLine)])}`,
    exitLine,
  ].join('\n\n')
}

/** The command with the words and the option that it needs: `down --drop-all-data SCHEMA`. */
function signature({ name, takes, needs }: Command): string {
  return [name, ...takes, ...(needs === null ? [] : [withValue(needs)])].join(' ')
}

/** `--schema NAME`, or `--json`. */
export function withValue(name: OptionName): string {
  const { value } = options[name]
  return value === null ? `--${name}` : `--${name} ${value}`
}

const optionLine = (name: OptionName) => [withValue(name), options[name].help] as const

const { done, failed, usage, pendingOrDrifted } = exitCodes
const exitLine = `Exit status: ${done} done, ${failed} failed, ${usage} wrong usage, ${pendingOrDrifted} pending or drifted.`

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** Two columns. */
function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n')
}
