import { ToriiError } from 'torii-core'

/** Whether an error was caused by one of the server with this SQLSTATE. */
export function causeHasCode(error: unknown, code: string): boolean {
  const cause: unknown = error instanceof ToriiError ? error.cause : null
  return cause instanceof Error && Reflect.get(cause, 'code') === code
}

/** Whether a row that the statement needed is gone, or a row of the application needs one that it was to delete. */
export const isForeignKeyViolation = (error: unknown): boolean => causeHasCode(error, '23503')
