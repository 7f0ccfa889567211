import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { InvalidInputError } from 'torii-core'
import { readCsv } from './csv.js'

/** One account as a file describes it, not checked yet. */
export interface SourceRecord {
  /** Where it stands, from 1. */
  readonly line: number
  /** Null for a line that holds no object. */
  readonly fields: Readonly<Record<string, unknown>> | null
}

export type SourceFormat = 'jsonl' | 'csv'

/** Reads the accounts of a file one after another, from its beginning at every call. */
export const readSource = (format: SourceFormat, path: string, columns: readonly string[]) =>
  format === 'jsonl' ? readJsonl(path) : readCsvRecords(path, columns)

async function* readJsonl(path: string): AsyncGenerator<SourceRecord> {
  const input = createReadStream(path, 'utf8')
  let line = 0
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1
    if (text.trim() !== '') yield { line, fields: parseObject(text) }
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** The columns of a csv file, besides the one that says whether the address is verified. */
const csvColumns = Object.freeze({
  id: 'id',
  email: 'email',
  name: 'name',
  picture: 'picture',
  metadata: 'metadata',
  created_at: 'createdAt',
  disabled: 'disabled',
  password_hash: 'passwordHash',
  provider: 'provider',
  subject: 'subject',
})

/** @throws InvalidInputError for a missing or unknown column */
async function* readCsvRecords(
  path: string,
  verification: readonly string[],
): AsyncGenerator<SourceRecord> {
  let header: readonly string[] | null = null
  for await (const { line, cells } of readCsv(createReadStream(path, 'utf8'))) {
    if (header === null) header = checkHeader(cells, verification)
    else yield { line, fields: fieldsOf(header, cells, verification) }
  }
}

function checkHeader(cells: readonly string[], verification: readonly string[]) {
  const names = cells.map((cell) => cell.replace(/^\ufeff/, '').trim())
  const known = [...Object.keys(csvColumns), ...verification]
  const unknown = names.find((name, at) => !known.includes(name) || names.indexOf(name) !== at)
  if (unknown !== undefined)
    throw new InvalidInputError(
      'columns',
      `must be among ${known.join(', ')}, each once: ${JSON.stringify(unknown)} is not`,
    )
  for (const name of ['id', ...verification])
    if (!names.includes(name)) throw new InvalidInputError('columns', `must include ${name}`)
  return names
}

/** An empty cell is an absent field. */
function fieldsOf(
  header: readonly string[],
  cells: readonly string[],
  [verification]: readonly string[],
) {
  if (cells.length !== header.length) return null
  const given = new Map(header.map((name, at) => [name, cells[at] ?? '']))
  const fields: Record<string, unknown> = {}
  for (const [column, field] of Object.entries(csvColumns)) {
    const cell = given.get(column) ?? ''
    if (cell !== '') fields[field] = cell
  }
  const { provider, subject, metadata, ...rest } = fields
  return {
    ...rest,
    ...(metadata === undefined ? {} : { metadata: parseObject(String(metadata)) ?? metadata }),
    ...(provider === undefined && subject === undefined
      ? {}
      : { oauthAccounts: [{ provider, subject }] }),
    ...(verification === undefined ? {} : { emailVerified: given.get(verification) }),
  }
}
