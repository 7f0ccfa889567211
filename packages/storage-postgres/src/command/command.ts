import type { CommandStorage } from './command-storage.js'
import type { Flags, OptionName } from './options.js'
import type { Progress } from './progress.js'
import type { Report } from './report.js'
import type { Terminal } from './terminal.js'

/** The database that a command works on. */
export interface Target {
  readonly url: string
  /** Plain name. */
  readonly schema: string
}

/** What a command has when it runs. */
export interface Call {
  readonly flags: Flags
  /** The words after the command, as many as it names at least. */
  readonly words: readonly string[]
  readonly target: Target
  readonly terminal: Terminal
  /** Removes passwords from a message that a command did not write itself. */
  readonly mask: (text: string) => string
  readonly progress: Progress
  /** Opens the storage, once; it is closed when the command has ended. */
  open(): Promise<CommandStorage>
}

/** A command: its words, what follows them, and what it does. The usage text is made of this. */
export interface Command {
  /** `users find`. */
  readonly name: string
  /** The words that follow: `EMAIL` is required, `[SESSION]` is not. */
  readonly takes: readonly string[]
  /** Options besides the common ones. */
  readonly options: readonly OptionName[]
  /** An option that the command cannot run without. */
  readonly needs: OptionName | null
  /** One line, in lower case. */
  readonly help: string
  run(call: Call): Promise<Report>
}

/** The name alone is required; the rest as given. */
export const command = (
  name: string,
  help: string,
  run: Command['run'],
  more: Partial<Pick<Command, 'takes' | 'options' | 'needs'>> = {},
): Command => ({ name, help, run, takes: [], options: [], needs: null, ...more })
