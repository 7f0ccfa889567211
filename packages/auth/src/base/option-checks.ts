import { InvalidOptionsError, unknownOption } from 'torii-core'

/**
 * Reads the members of one section of the options, each once; an absent section has none. Unknown names are refused: a
 * misspelled limit would be no limit. `elsewhere` has the paths of options in other sections, to suggest.
 * @throws InvalidOptionsError
 */
export function readSection(
  value: unknown,
  section: string,
  known: readonly string[],
  elsewhere: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidOptionsError(section === '' ? 'options' : section, 'must be an object')
  for (const name of Object.keys(value))
    if (!known.includes(name))
      throw unknownOption(section === '' ? name : `${section}.${name}`, [...known, ...elsewhere])
  return { ...value }
}

/** The bounds of a whole number, and its default. */
interface WholeNumber {
  min: number
  max: number
  otherwise: number
}

/** @throws InvalidOptionsError */
export function readWholeNumber(value: unknown, option: string, rule: WholeNumber): number {
  if (value === undefined) return rule.otherwise
  if (
    typeof value !== 'number' ||
    !Number.isSafeInteger(value) ||
    value < rule.min ||
    value > rule.max
  )
    throw new InvalidOptionsError(option, `must be a whole number from ${rule.min} to ${rule.max}`)
  return value
}

/** @throws InvalidOptionsError */
export function readBoolean(value: unknown, option: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw new InvalidOptionsError(option, 'must be true or false')
  return value
}

/**
 * Reads a function, or undefined if absent. Its parameter and result types are the caller's claim, which cannot be
 * checked here.
 * @throws InvalidOptionsError
 */
export function readFunction<Type>(value: unknown, option: string): Type | undefined {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOptionsError(option, 'must be a function')
  return value as Type | undefined
}

/** Reads a non-empty string without control characters. @throws InvalidOptionsError */
export function readText(value: unknown, option: string): string {
  if (typeof value !== 'string' || value.trim() === '' || /\p{Cc}/u.test(value))
    throw new InvalidOptionsError(option, 'must be a non-empty string')
  return value
}
