/** One record of a csv file, and the line on which it begins. */
export interface CsvRecord {
  readonly line: number
  readonly cells: readonly string[]
}

/** Reads comma-separated values with quotes and line breaks inside of them. @see RFC 4180 */
export async function* readCsv(chunks: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  let cells: string[] = []
  let cell = ''
  let line = 1
  let begins = 1
  /** In a quoted cell; `quote` is a quote in it that may end it. */
  let state: 'plain' | 'quoted' | 'quote' = 'plain'
  const isBlank = () => cells.length === 0 && cell === ''
  const take = (): CsvRecord => {
    const record = { line: begins, cells: [...cells, cell] }
    cells = []
    cell = ''
    state = 'plain'
    return record
  }
  for await (const chunk of chunks)
    for (const character of chunk) {
      if (character === '\n') line += 1
      if (state === 'quoted') {
        if (character === '"') state = 'quote'
        else cell += character
      } else if (character === '"') {
        if (state === 'quote') cell += character
        state = 'quoted'
      } else if (character === ',') {
        cells.push(cell)
        cell = ''
        state = 'plain'
      } else if (character === '\n') {
        if (!isBlank()) yield take()
        begins = line
      } else if (character !== '\r') cell += character
    }
  if (!isBlank()) yield take()
}
