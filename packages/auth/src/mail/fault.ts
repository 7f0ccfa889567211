import { ToriiError } from 'torii-core'

/**
 * The loggable parts of an error from a mailer. Its message and other fields are left out: servers repeat the email
 * address in them, and a library may include the whole mail with its token.
 */
export interface MailFault {
  /** The name of the class, for example `TypeError`. */
  readonly name: string
  /** For example `ECONNREFUSED`, nodemailer's `EAUTH`, or PostgreSQL's `42P01` for a table that does not exist. */
  readonly code: string | null
  /** The reply code of the SMTP server, for example 550. */
  readonly status: number | null
  /** The stack, the innermost call first. */
  readonly stack: readonly string[]
}

const maxFrames = 10

/** Describes any thrown value. Never throws. */
export function describeFault(error: unknown): MailFault {
  const { name, code, responseCode, message, stack } = membersOf(error)
  return {
    name: isText(name, /^[A-Za-z][A-Za-z0-9]{0,59}$/) ? name : 'Error',
    code: isText(code, /^(?:[A-Z][A-Z0-9_]{1,39}|[0-9A-Z]{5})$/) ? code : null,
    status: Number.isInteger(responseCode) ? Number(responseCode) : null,
    stack: framesOf(stack, message),
  }
}

/** Whether a retry is useless: the server, or Torii itself, refused the message. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof ToriiError || membersOf(error).permanent === true

interface Members {
  readonly name?: unknown
  readonly code?: unknown
  readonly responseCode?: unknown
  readonly permanent?: unknown
  readonly message?: unknown
  readonly stack?: unknown
}

function membersOf(error: unknown): Members {
  if (typeof error !== 'object' || error === null) return {}
  try {
    const { name, code, responseCode, permanent, message, stack } = error as Members
    return { name, code, responseCode, permanent, message, stack }
  } catch {
    // A getter may throw.
    return {}
  }
}

const isText = (value: unknown, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value)

/** Keeps only the lines that V8 writes for calls. The error's message comes before them, and may look like them. */
function framesOf(stack: unknown, message: unknown): readonly string[] {
  if (typeof stack !== 'string') return []
  const calls = typeof message === 'string' ? stack.replace(message, () => '') : stack
  return calls
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^at [\w$.<>[\] ]*\(?[\w:/\\.@ -]+:\d+:\d+\)?$/.test(line))
    .slice(0, maxFrames)
}
