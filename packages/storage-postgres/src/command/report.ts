import { exitCodes } from './exit-codes.js'

/** The result of a command: as JSON, as text, and as the exit status. */
export interface Report {
  /** Null where the command has printed its answer line by line. */
  readonly json: object | null
  readonly text: string
  readonly exitCode: number
}

/** The report of a command that did what it was asked to do. */
export const done = (json: object, text: string): Report => ({
  json,
  text,
  exitCode: exitCodes.done,
})
