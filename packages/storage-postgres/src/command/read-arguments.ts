import { parseArgs } from 'node:util'
import { findSimilar } from 'torii-core'
import type { Command } from './command.js'
import { UsageError } from './exit-codes.js'
import type { Flags, OptionName } from './options.js'
import { commonOptions, options } from './options.js'
import { withValue } from './usage.js'

/** The command line, read. `command` is null where `--help` or `--version` stands without one. */
export interface Arguments {
  readonly command: Command | null
  readonly words: readonly string[]
  readonly flags: Flags
}

/** @throws UsageError */
export function readArguments(given: readonly string[], commands: readonly Command[]): Arguments {
  const { flags, positionals } = readFlags(given)
  if (positionals.length === 0 && (flags.help || flags.version))
    return { command: null, words: [], flags }
  const { command, words } = findCommand(positionals, commands)
  if (flags.help) return { command, words, flags }
  checkWords(command, words)
  checkFlags(command, flags, commands)
  return { command, words, flags }
}

const optionNames = Object.keys(options) as OptionName[]
const isOption = (name: string): name is OptionName => Object.hasOwn(options, name)

/** Reads every option, whatever the command is: a mistyped one may have the URL for its value, which is never repeated. */
function readFlags(given: readonly string[]): { flags: Flags; positionals: readonly string[] } {
  const { tokens, positionals } = parseArgs({
    args: [...given],
    options: Object.fromEntries(
      optionNames.map((name) => [
        name,
        {
          type: options[name].value === null ? ('boolean' as const) : ('string' as const),
          ...(name === 'help' ? { short: 'h' } : {}),
        },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const flags: Partial<Record<OptionName, string | true>> = {}
  for (const token of tokens)
    if (token.kind === 'option') {
      const { name, rawName, value, inlineValue } = token
      if (!isOption(name)) throw new UsageError(unknown('option', rawName, optionNames, '--'))
      const takesValue = options[name].value !== null
      if (!takesValue && value !== undefined) throw new UsageError(`--${name} takes no value`)
      if (takesValue && (value === undefined || (value.startsWith('-') && !inlineValue)))
        throw new UsageError(`--${name} needs a value: ${withValue(name)}`)
      flags[name] = value ?? true
    }
  return { flags, positionals }
}

function findCommand([first, second, ...rest]: readonly string[], commands: readonly Command[]) {
  if (first === undefined) throw new UsageError('a command is missing')
  const pair = commands.find(({ name }) => name === `${first} ${second}`)
  if (pair !== undefined) return { command: pair, words: rest }
  const single = commands.find(({ name }) => name === first)
  const words = second === undefined ? [] : [second, ...rest]
  if (single !== undefined) return { command: single, words }
  const group = commands.flatMap(({ name }) =>
    name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [],
  )
  if (group.length === 0) throw new UsageError(unknown('command', first, firstWords(commands)))
  if (second === undefined) throw new UsageError(`${first} needs one of: ${group.join(', ')}`)
  throw new UsageError(unknown(`command after ${first}`, second, group))
}

const firstWords = (commands: readonly Command[]) => [
  ...new Set(commands.map(({ name }) => name.split(' ')[0] ?? '')),
]

/** Repeats a word only where it cannot be a URL with its password. */
function unknown(kind: string, word: string, known: readonly string[], prefix = ''): string {
  const typed = word.replace(/^-+/, '')
  if (!/^[\w-]{1,30}$/.test(typed)) return `unknown ${kind}`
  const similar = findSimilar(typed, known)
  const help = similar === null ? '' : `; did you mean ${prefix}${similar}?`
  return `unknown ${kind}: ${word}${help}`
}

function checkWords({ name, takes }: Command, words: readonly string[]): void {
  const required = takes.filter((word) => !word.startsWith('['))
  const missing = required[words.length]
  if (missing !== undefined) throw new UsageError(`${name} needs ${required.join(' ')}`)
  if (words.length > takes.length)
    throw new UsageError(
      words.some((word) => word.includes('://'))
        ? 'a URL comes after --database-url'
        : `too many words after ${[name, ...takes].join(' ')}`,
    )
}

function checkFlags({ name, options: own, needs }: Command, flags: Flags, all: readonly Command[]) {
  for (const option of Object.keys(flags) as OptionName[]) {
    if ([...commonOptions, ...own].some((known) => known === option)) continue
    const owners = all.flatMap((each) => (each.options.includes(option) ? [each.name] : []))
    throw new UsageError(
      owners.length === 0
        ? `--${option} stands without a command`
        : `--${option} is for ${owners.join(', ')}`,
    )
  }
  if (needs !== null && flags[needs] === undefined)
    throw new UsageError(`${name} needs ${withValue(needs)}`)
}
