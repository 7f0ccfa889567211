import type { SourceRecord } from '../source-record.js'
import { isObject } from './values.js'

/** Text of one object beyond this is not kept, and the object is invalid. */
const longestObject = 1024 * 1024

/**
 * Reads the objects of a list one after another, so that a file of any size needs the memory of one object.
 * @param chunks the text of the file
 * @param depth brackets around an object: 1 for `[…]`, 2 for `{"users": […]}`
 */
export async function* readObjects(
  chunks: AsyncIterable<string>,
  depth: 1 | 2,
): AsyncGenerator<SourceRecord> {
  let [open, isText, isEscaped, line] = [0, false, false, 0]
  let text = ''
  for await (const chunk of chunks) {
    let from = open > depth ? 0 : chunk.length
    for (let at = 0; at < chunk.length; at += 1) {
      const code = chunk.charCodeAt(at)
      if (isText) {
        if (isEscaped) isEscaped = false
        else if (code === backslash) isEscaped = true
        else if (code === quote) isText = false
      } else if (code === quote) isText = true
      else if (code === openObject || code === openList) {
        if (open === depth) from = at
        open += 1
      } else if (code === closeObject || code === closeList) {
        open -= 1
        if (open === depth) {
          line += 1
          yield { line, fields: parse(text + chunk.slice(from, at + 1)) }
          text = ''
          from = chunk.length
        }
      }
    }
    if (text.length < longestObject) text += chunk.slice(from)
  }
  // The file was cut off.
  if (open !== 0 || isText) yield { line: line + 1, fields: null }
}

const [quote, backslash] = [0x22, 0x5c]
const [openObject, closeObject, openList, closeList] = [0x7b, 0x7d, 0x5b, 0x5d]

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
