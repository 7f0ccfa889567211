import { InvalidOptionsError } from 'torii-core'

/**
 * The members of one section of the options, read once; an absent section has none. A name that is
 * no option is refused: a misspelt limit would otherwise be no limit.
 * @throws InvalidOptionsError
 */
export function readSection(
  value: unknown,
  section: string,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidOptionsError(section === '' ? 'options' : section, 'must be an object')
  for (const name of Object.keys(value))
    if (!known.includes(name))
      throw new InvalidOptionsError(
        section === '' ? name : `${section}.${name}`,
        'is not an option',
      )
  return { ...value }
}

/** Bounds of a whole number and what it is when absent. */
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
 * The function, or undefined when absent. Its parameters are the caller's word: what it does with what it is
 * given is its own matter.
 * @throws InvalidOptionsError
 */
export function readFunction<Given>(value: unknown, option: string): Given | undefined {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOptionsError(option, 'must be a function')
  return value as Given | undefined
}
