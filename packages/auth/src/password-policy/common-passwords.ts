import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'
import { isDecorated } from './folding.js'

/** The list of common passwords. */
export interface CommonPasswords {
  /** True if the list contains this folded password. */
  has(folded: string): boolean
  /** True for a password of the list that is repeated, or surrounded by digits and punctuation. */
  hasDecorated(folded: string): boolean
}

/** Shorter words are not in the list. The list is generated with the same limit. @public */
export const minCommonLength = 4
/** Longer words are not in the list. @public */
export const maxCommonLength = 32

let loaded: Promise<CommonPasswords> | undefined

/**
 * Loads the list of this package once, when it is first needed: 0.8 MB of memory. It is exact, so it refuses no other
 * password.
 */
export function loadCommonPasswords(): Promise<CommonPasswords> {
  loaded ??= readCommonPasswords()
  return loaded
}

async function readCommonPasswords(): Promise<CommonPasswords> {
  const { packed } = await import('./common-passwords.generated.js')
  // One string instead of an array: a tenth of the memory, and one object for the garbage collector.
  const lines = await unpackWords(packed)
  const has = (folded: string) => hasLine(lines, folded)
  return {
    has,
    hasDecorated: (folded) =>
      beginnings(folded).some((part) => has(part) && isDecorated(folded, part)),
  }
}

/** Binary search for a line of a text with sorted lines. */
function hasLine(lines: string, wanted: string): boolean {
  let [low, high] = [0, lines.length - 1]
  while (low < high) {
    const start = lines.lastIndexOf('\n', (low + high) >> 1)
    const end = lines.indexOf('\n', start + 1)
    const line = lines.slice(start + 1, end)
    if (line === wanted) return true
    if (line < wanted) low = end
    else high = start
  }
  return false
}

const letter = /\p{L}/u
/** The longest decoration before the first word. Limits the number of look-ups. */
const maxLeading = 16

/** Returns every part that the text may decorate. It starts at the first letter or before. */
function beginnings(text: string): string[] {
  const firstLetter = text.search(letter)
  const lastStart = firstLetter < 0 ? text.length : firstLetter
  const parts: string[] = []
  for (let start = 0; start <= Math.min(lastStart, maxLeading); start++)
    for (let length = minCommonLength; length <= maxCommonLength; length++)
      if (start + length <= text.length) parts.push(text.slice(start, start + length))
  return parts
}

/**
 * Packs sorted words: each becomes a character for the length of the prefix that it shares with the previous word, and
 * the rest. That halves the input of the compression.
 */
export function packWords(words: readonly string[]): string {
  let before = ''
  return words
    .map((word) => {
      let shared = 0
      while (shared < before.length && word[shared] === before[shared]) shared += 1
      before = word
      return `${String.fromCharCode(firstCount + shared)}${word.slice(shared)}`
    })
    .join('')
}

/** Greater than every character of the words, and still one byte in Latin-1. */
const firstCount = 0x80
const newLine = 0x0a
const decompress = promisify(brotliDecompress)

/** Unpacks the output of {@link packWords}, compressed with Brotli in base64, to lines with a line break at both ends. */
export async function unpackWords(packed: string): Promise<string> {
  const bytes = await decompress(Buffer.from(packed, 'base64'))
  const size = bytes.reduce((sum, byte) => sum + 1 + Math.max(0, byte - firstCount), 1)
  const lines = Buffer.alloc(size)
  let [end, lineStart] = [0, 0]
  for (const byte of bytes) {
    if (byte < firstCount) lines[end++] = byte
    else {
      const previous = lineStart
      lines[end++] = newLine
      lineStart = end
      lines.copyWithin(end, previous, previous + byte - firstCount)
      end += byte - firstCount
    }
  }
  lines[end] = newLine
  return lines.toString('latin1')
}
