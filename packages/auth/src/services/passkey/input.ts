import { checkText, InvalidInputError } from 'torii-core'
import { parseChallengeId } from './challenge.js'

/** An answer from a page, as it was posted. */
export interface PasskeyAnswerInput {
  /** What came with the options. */
  challengeId: string
  /** What `credential.toJSON()` gave: JSON that nobody has checked yet. */
  response: unknown
}

/** What a new passkey is called until its owner says otherwise. */
export const defaultPasskeyName = 'Passkey'
const maxNameCharacters = 100

/** The members of the input, read once. @throws InvalidInputError */
export function readInput<Input extends object>(input: Input): Input {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be an object')
  return { ...input }
}

/** Null for everything that no options came with: it is answered like an unknown id. @throws InvalidInputError */
export function readChallengeId(value: unknown): Buffer | null {
  if (typeof value !== 'string') throw new InvalidInputError('challengeId', 'must be a text')
  return parseChallengeId(value)
}

/** 1 to 100 characters, none of them a control. @throws InvalidInputError */
export function readPasskeyName(value: unknown): string {
  const name = checkText(value, 'name', { codePoints: maxNameCharacters })
  if (name.trim() === '') throw new InvalidInputError('name', 'must not be blank')
  if (/\p{Cc}/u.test(name))
    throw new InvalidInputError('name', 'must not contain control characters')
  return name
}
