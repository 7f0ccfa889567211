import { InvalidOptionsError } from './errors.js'

/** More names than this are not listed in a message. */
const maxListed = 8

/**
 * Returns the error for an option that does not exist. It names the most similar known one, or else all of a short list.
 * @param path the option with its section, for example `session.idle`
 * @param known the names of the same section, or whole paths of other sections
 */
export function unknownOption(path: string, known: readonly string[]): InvalidOptionsError {
  const section = path.slice(0, path.lastIndexOf('.') + 1)
  const similar = findSimilar(path.slice(section.length), known)
  if (similar !== null) {
    const suggestion = similar.includes('.') ? similar : section + similar
    return new InvalidOptionsError(path, `is not an option; did you mean ${suggestion}?`)
  }
  const list = known.filter((name) => !name.includes('.'))
  const help = list.length > 0 && list.length <= maxListed ? `; there are: ${list.join(', ')}` : ''
  return new InvalidOptionsError(path, `is not an option${help}`)
}

/** Returns the known name that a mistyped or shortened one most likely stands for, or null. */
export function findSimilar(name: string, known: readonly string[]): string | null {
  const typed = name.toLowerCase()
  const rated = known
    .map((each) => ({ each, edits: editsTo(typed, lastOf(each).toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.max(1, Math.floor(typed.length / 3)))
    .sort((one, other) => one.edits - other.edits)
  return rated[0]?.each ?? null
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

/**
 * The start of a name counts as one edit: `idle` for `idleSeconds`. Otherwise the distance of Damerau and Levenshtein: a character
 * that is added, missing or another one, and two neighbors that are swapped, each count as one.
 */
function editsTo(typed: string, name: string): number {
  if (typed.length >= 3 && (name.startsWith(typed) || typed.startsWith(name))) return 1
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: name.length + 1 }, (_, index) => index)
  for (let line = 1; line <= typed.length; line += 1) {
    const next = [line]
    for (let column = 1; column <= name.length; column += 1) {
      const isSame = typed[line - 1] === name[column - 1]
      const isSwapped = typed[line - 1] === name[column - 2] && typed[line - 2] === name[column - 1]
      next.push(
        Math.min(
          (row[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (row[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}
