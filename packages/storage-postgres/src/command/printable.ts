/** Control characters, invisible ones and those that turn the direction of writing. */
const acting = /[\p{C}\p{Zl}\p{Zp}]/gu
const replacement = '\u{fffd}'

/**
 * One line of text that cannot act on a terminal. For each value that comes from users, the database or the command
 * line: a line break in it would look like a line of ours.
 */
export const printable = (text: string): string => text.replace(acting, replacement)

/** The same for lines that a command has put together. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/**
 * JSON on one line in which such characters are escaped, so that it reads as the same value and cannot act either.
 * @param edit changes each text of the value
 */
export const printableJson = (
  value: object,
  edit: (text: string) => string = (text) => text,
): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'string' ? edit(part) : part,
  ).replace(acting, escaped)

/** A character outside of the first plane has two code units. */
const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
