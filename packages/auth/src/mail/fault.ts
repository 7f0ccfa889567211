import { ToriiError } from 'torii-core'

/**
 * What may be told of an error that a mailer threw. Its message and its other fields are left out: servers
 * repeat the address in them, and a library may repeat the whole message, token and all.
 */
export interface MailFault {
  /** The name of the class, for example `TypeError`. */
  readonly name: string
  /** For example `ECONNREFUSED`, or nodemailer's `EAUTH`. */
  readonly code: string | null
  /** The reply code of the SMTP server, for example 550. */
  readonly status: number | null
  /** Where it was thrown, the innermost call first. */
  readonly stack: readonly string[]
}

const maxFrames = 10

/** Takes any value that can be thrown, and never throws. */
export function describeFault(error: unknown): MailFault {
  const { name, code, responseCode, stack } = membersOf(error)
  return {
    name: isText(name, /^[A-Za-z][A-Za-z0-9]{0,59}$/) ? name : 'Error',
    code: isText(code, /^[A-Z][A-Z0-9_]{1,39}$/) ? code : null,
    status: Number.isInteger(responseCode) ? Number(responseCode) : null,
    stack: framesOf(stack),
  }
}

/** Whether trying again is useless: the server refused the message, or we did. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof ToriiError || membersOf(error).permanent === true

interface Members {
  readonly name?: unknown
  readonly code?: unknown
  readonly responseCode?: unknown
  readonly permanent?: unknown
  readonly stack?: unknown
}

function membersOf(error: unknown): Members {
  if (typeof error !== 'object' || error === null) return {}
  try {
    const { name, code, responseCode, permanent, stack } = error as Members
    return { name, code, responseCode, permanent, stack }
  } catch {
    // A getter of a foreign object may throw.
    return {}
  }
}

const isText = (value: unknown, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value)

/** Only what V8 writes for a call: the message stands above them and may have lines of its own. */
function framesOf(stack: unknown): readonly string[] {
  if (typeof stack !== 'string') return []
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^at [\w$.<>[\] ]*\(?[\w:/\\.@ -]+:\d+:\d+\)?$/.test(line))
    .slice(0, maxFrames)
}
