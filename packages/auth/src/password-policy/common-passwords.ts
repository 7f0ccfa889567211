import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'
import { isDecorated } from './folding.js'

/** The passwords that are tried first, to look one up in. */
export interface CommonPasswords {
  /** True for one of them, compared whole in its folded form. */
  has(folded: string): boolean
  /** True for one of them said several times, or with digits and punctuation around it. */
  hasDecorated(folded: string): boolean
}

/** Shorter words are in no list of words that anybody decorates; the list is made with the same bound. @public */
export const minCommonLength = 4
/** The longest that the list takes. @public */
export const maxCommonLength = 32

let loaded: Promise<CommonPasswords> | undefined

/**
 * The list of this package, read when it is first needed and kept: 0.8 MB of memory. It is exact, so no
 * other password is ever refused for it.
 */
export function loadCommonPasswords(): Promise<CommonPasswords> {
  loaded ??= readCommonPasswords()
  return loaded
}

async function readCommonPasswords(): Promise<CommonPasswords> {
  const { packed } = await import('./common-passwords.generated.js')
  // One text instead of an array: a tenth of the memory, and one object for the collector to know.
  const lines = await unpackWords(packed)
  const has = (folded: string) => hasLine(lines, folded)
  return {
    has,
    hasDecorated: (folded) =>
      beginnings(folded).some((part) => has(part) && isDecorated(folded, part)),
  }
}

/** Binary search for a line of a text whose lines are in order. */
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
/** Decoration looked for before the first word; more of it is no decoration. Bounds the look-ups. */
const maxLeading = 16

/** Every piece that the text may be the decoration of: it begins before the first letter or with it. */
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
 * Words in their order, each as a character that says how many it shares with the one before, and the rest:
 * half of what compresses badly is gone before it is compressed.
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

/** Beyond every character of a word in the list, and still one byte in Latin-1. */
const firstCount = 0x80
const newLine = 0x0a
const decompress = promisify(brotliDecompress)

/** What {@link packWords} made, compressed with Brotli, in base64; as lines, with a line break at either end. */
export async function unpackWords(packed: string): Promise<string> {
  const bytes = await decompress(Buffer.from(packed, 'base64'))
  const size = bytes.reduce((sum, byte) => sum + 1 + Math.max(0, byte - firstCount), 1)
  const lines = Buffer.alloc(size)
  let [end, lineStart] = [0, 0]
  for (const byte of bytes) {
    if (byte < firstCount) lines[end++] = byte
    else {
      const former = lineStart
      lines[end++] = newLine
      lineStart = end
      lines.copyWithin(end, former, former + byte - firstCount)
      end += byte - firstCount
    }
  }
  lines[end] = newLine
  return lines.toString('latin1')
}
