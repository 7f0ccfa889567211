import type { LogEvent } from 'torii-auth'

/** Writes an event of Torii as one line, and the stack of an error on the lines below. */
export function logEvent(happened: LogEvent): void {
  const { level, event, error, ...facts } = { error: undefined, ...happened }
  console.error(level, event, JSON.stringify(facts))
  if (error instanceof Error) console.error(error.stack)
}
