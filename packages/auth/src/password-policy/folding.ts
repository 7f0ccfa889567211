/** Normalizes a password, word or name for comparison. The result is never hashed or stored. */
export const fold = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replace(/\s/g, '')

const letter = /\p{L}/u
const letterOrDigit = /[\p{L}\p{N}]/u

/**
 * True if `text` is `word`, once or several times, with decoration that is no longer than the words themselves.
 * Decoration is any character except letters; for a word without letters, any character except letters and digits.
 */
export function isDecorated(text: string, word: string): boolean {
  if (word === '') return false
  const meaning = letter.test(word) ? letter : letterOrDigit
  let worded = 0
  let at = 0
  while (at < text.length) {
    if (text.startsWith(word, at)) {
      worded += word.length
      at += word.length
    } else if (meaning.test(text.charAt(at))) return false
    else at += 1
  }
  return worded > 0 && 2 * worded >= text.length
}

/** True if the text only repeats its first `period` characters. */
export function repeatsEvery(text: string, period: number): boolean {
  const characters = Array.from(text)
  return characters.every((character, at) => at < period || character === characters[at - period])
}
