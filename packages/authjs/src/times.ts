import { InvalidInputError } from 'torii-core'

/**
 * Returns the whole seconds until a time, rounded up. The storage takes lifetimes, since only the database's clock decides.
 * @throws InvalidInputError for anything but a valid Date
 */
export function secondsUntil(expires: unknown): number {
  if (!(expires instanceof Date) || Number.isNaN(expires.getTime()))
    throw new InvalidInputError('expires', 'must be a valid Date')
  return Math.ceil((expires.getTime() - Date.now()) / 1000)
}

/** Rounds a time down to the second, as cookies carry it: with {@link secondsUntil} a whole second comes back as it was. */
export const wholeSeconds = (time: Date): Date => new Date(Math.floor(time.getTime() / 1000) * 1000)
