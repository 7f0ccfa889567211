import { PostgresStorage } from '../index.js'
import { runCommand } from './run.js'
import type { Terminal } from './terminal.js'

/** What a command printed, and its exit status. */
export interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** What a person at the terminal does; without it there is no terminal. */
export interface Person {
  /** Answers every question. */
  readonly types?: string
  readonly signal?: AbortSignal
  /** Sees every line of stderr. */
  readonly onWarning?: (text: string) => void
}

/** Runs a command in this process, with this environment alone. */
export async function runHere(
  words: readonly string[],
  env: Record<string, string> = {},
  { types, signal = new AbortController().signal, onWarning }: Person = {},
): Promise<Said> {
  const out: string[] = []
  const err: string[] = []
  const terminal: Terminal = {
    env,
    print: (text) => void out.push(`${text}\n`),
    warn: (text) => {
      err.push(`${text}\n`)
      onWarning?.(text)
    },
    rewrite: null,
    ask:
      types === undefined
        ? null
        : async (question) => {
            err.push(question)
            return types
          },
    signal,
  }
  const status = await runCommand(words, terminal, PostgresStorage.connect)
  return { status, stdout: out.join(''), stderr: err.join('') }
}
