/** A string or a number of valid JSON. A string is matched to skip the digits in it. */
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * Turns every number that JavaScript cannot represent exactly into a string of its digits: `{"id":948493988897554433}`
 * becomes `{"id":"948493988897554433"}`. `JSON.parse` would round it, and two users whose ids differ in the last digit
 * would become one. All other text stays as it is, also text that is not JSON.
 * @see RFC 8259 section 6: integers are interoperable from -(2^53)+1 to (2^53)-1
 */
export function quoteInexactNumbers(text: string): string {
  if (!isJson(text)) return text
  return text.replace(stringOrNumber, (token) =>
    token.startsWith('"') || isExact(token) ? token : `"${token}"`,
  )
}

/** Parses JSON without rounding: see {@link quoteInexactNumbers}. @throws SyntaxError */
export const parseExactJson = (text: string): unknown => JSON.parse(quoteInexactNumbers(text))

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether the number is the one that was written: a safe integer, or a fraction with all of its digits. */
function isExact(token: string): boolean {
  const value = Number(token)
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false
  return significantDigits(token) === significantDigits(String(value))
}

/** The digits without the sign, the point, the exponent and the zeros at both ends. */
const significantDigits = (token: string): string =>
  token.replace(/[eE].*$|[-.]/g, '').replace(/^0+|0+$/g, '')
