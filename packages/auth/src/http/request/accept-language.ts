/** Browsers send some ten ranges at most; the rest of a longer header is not read. */
const maxCharacters = 512
const maxRanges = 32

interface LanguageRange {
  /** Lower case. */
  readonly range: string
  readonly quality: number
}

/**
 * Chooses one of the offered languages by an Accept-Language header: by quality, then by the header's order. `de-AT` takes `de`
 * where there is no `de-AT`, `de` takes `de-CH`, and `*` any that the header does not refuse. The first offered one is taken
 * where nothing fits. @see RFC 9110 section 12.5.4; RFC 4647 section 3.4
 */
export function chooseLanguage(
  header: string | null,
  offered: readonly [string, ...string[]],
): string {
  const ranges = readRanges(header ?? '')
  const refused = ranges.filter(({ quality }) => quality === 0).map(({ range }) => range)
  const allowed = offered.filter((code) => !refused.includes(code.toLowerCase()))
  const wanted = ranges.filter(({ quality }) => quality > 0)
  // The sort is stable, so equal qualities stay in order.
  for (const { range } of wanted.sort((one, other) => other.quality - one.quality)) {
    const found = lookUp(range, allowed)
    if (found !== undefined) return found
  }
  return offered[0]
}

function readRanges(header: string): LanguageRange[] {
  const parts = header.slice(0, maxCharacters).split(',', maxRanges)
  return parts.flatMap((part) => {
    const read =
      /^\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(part)
    const quality = Math.min(1, Number(read?.[2] ?? 1))
    return read?.[1] === undefined ? [] : [{ range: read[1].toLowerCase(), quality }]
  })
}

function lookUp(range: string, offered: readonly string[]): string | undefined {
  if (range === '*') return offered[0]
  const subtags = range.split('-')
  for (let count = subtags.length; count > 0; count -= 1) {
    const prefix = subtags.slice(0, count).join('-')
    const found = offered.find((code) => code.toLowerCase() === prefix)
    if (found !== undefined) return found
  }
  return offered.find((code) => code.toLowerCase().startsWith(`${range}-`))
}
