import { checkText, InvalidInputError, invalidValue } from 'torii-core'
import { parseChallengeId } from './challenge.js'

/** The response of a browser, as the page posts it. */
export interface PasskeyAnswerInput {
  /** The challenge id that came with the options. */
  challengeId: string
  /** The result of `credential.toJSON()`, not validated yet. */
  response: unknown
}

/** The name of a new passkey until the user renames it. */
export const defaultPasskeyName = 'Passkey'
const maxNameCharacters = 100

/** Reads the members of the input once. @throws InvalidInputError */
export function readInput<Input extends object>(input: Input): Input {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be an object')
  return { ...input }
}

/** Parses a challenge id. Null if it is malformed, which is answered like an unknown id. @throws InvalidInputError */
export function readChallengeId(value: unknown): Buffer | null {
  if (typeof value !== 'string') throw invalidValue('challengeId', 'must be a string')
  return parseChallengeId(value)
}

/**
 * Parses an answer. A malformed one uses its challenge too, because each challenge takes one answer, whatever it is.
 * @throws InvalidInputError naming the member
 */
export async function parseAnswer<Answer>(
  parse: (response: unknown) => Answer,
  response: unknown,
  useChallenge: () => Promise<unknown>,
): Promise<Answer> {
  try {
    return parse(response)
  } catch (error) {
    await useChallenge()
    throw error
  }
}

/** Checks a passkey name: 1 to 100 characters without control characters. @throws InvalidInputError */
export function readPasskeyName(value: unknown): string {
  const name = checkText(value, 'name', { codePoints: maxNameCharacters, kind: 'value' })
  if (name.trim() === '') throw invalidValue('name', 'must not be blank')
  if (/\p{Cc}/u.test(name)) throw invalidValue('name', 'must not contain control characters')
  return name
}
