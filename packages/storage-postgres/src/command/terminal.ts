import { createInterface } from 'node:readline/promises'
import { printable, printableLines } from './printable.js'

/** What a command needs of the process that it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Prints the answer: one or several lines on stdout. */
  print(text: string): void
  /** Prints an error or a line of progress on stderr. */
  warn(text: string): void
  /** Rewrites the last line of stderr; null where stderr is no terminal. */
  readonly rewrite: ((text: string) => void) | null
  /** Asks the person a question; null where there is no person. */
  readonly ask: ((question: string) => Promise<string>) | null
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal
}

/**
 * The same terminal, on which no text can act by its control characters, and whose messages contain no password. `print`
 * is not masked: an answer is data.
 */
export function guardTerminal(terminal: Terminal, mask: (text: string) => string): Terminal {
  const { env, rewrite, ask } = terminal
  return {
    env,
    print: (text) => terminal.print(printableLines(text)),
    warn: (text) => terminal.warn(printableLines(mask(text))),
    rewrite: rewrite === null ? null : (text) => rewrite(printable(mask(text))),
    ask: ask === null ? null : (question) => ask(printable(question)),
    // Reading it listens to the signals of the process.
    get signal() {
      return terminal.signal
    },
  }
}

/** The terminal of this process. SIGINT and SIGTERM abort its signal if a command waits for it, and end the process otherwise. */
export function processTerminal(): Terminal {
  const ended = new AbortController()
  return {
    env: process.env,
    print: (text) => void process.stdout.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
    rewrite:
      process.stderr.isTTY === true
        ? (text) => void process.stderr.write(`\r${text}\u001b[K`)
        : null,
    ask: process.stdin.isTTY === true ? askPerson : null,
    get signal() {
      for (const name of ['SIGINT', 'SIGTERM'] as const)
        if (process.listenerCount(name) === 0) process.once(name, () => ended.abort())
      return ended.signal
    },
  }
}

async function askPerson(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}
