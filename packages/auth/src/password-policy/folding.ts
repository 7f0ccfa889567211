/** A password, a word or a name in the form in which they are compared, and never hashed or kept. */
export const fold = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replace(/\s/g, '')

const letter = /\p{L}/u
const letterOrDigit = /[\p{L}\p{N}]/u

/**
 * True when `text` is `word`, once or several times, with decoration around and between that is no longer
 * than the words themselves. Decoration is whatever is no letter; around a word without letters, which
 * digits would only make another number of, it is punctuation.
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

/** True when the text is its first `period` characters over and over, and those alone. */
export function repeatsEvery(text: string, period: number): boolean {
  const characters = Array.from(text)
  return characters.every((character, at) => at < period || character === characters[at - period])
}
