import { createReadStream } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { InvalidInputError } from 'torii-core'
import type { SourceRecord } from '../source-record.js'
import { readSource } from '../source-record.js'
import { readObjects } from './json-objects.js'
import type { OpenSource, Source, SourceOption, SourceSettings } from './source.js'

export interface FileSource {
  readonly name: string
  readonly help: string
  readonly options?: readonly SourceOption[]
  open(settings: SourceSettings): Promise<OpenSource>
}

/** A source that is read from a file. */
export const fileSource = (own: FileSource): Source => ({
  name: own.name,
  takes: 'file',
  help: own.help,
  options: own.options ?? [],
  async open(settings) {
    await requireFile('from', settings.from)
    return own.open(settings)
  },
})

/** @throws InvalidInputError if a file cannot be read */
export async function requireFile(option: string, path: string): Promise<void> {
  await access(path, constants.R_OK).catch(() => {
    throw new InvalidInputError(`--${option}`, `names the file ${path}, which cannot be read`)
  })
}

/** The text of a file, piece by piece. */
export const textFile = (path: string): AsyncIterable<string> => createReadStream(path, 'utf8')

/** Changes the fields of each record. A line that is no object stays one. */
export async function* mapRecords(
  records: AsyncIterable<SourceRecord>,
  fieldsOf: (fields: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): AsyncGenerator<SourceRecord> {
  for await (const { line, fields } of records)
    yield { line, fields: fields === null ? null : fieldsOf(fields) }
}

/** The first character of a file that is no space; undefined for an empty one. */
export async function firstCharacter(path: string): Promise<string | undefined> {
  for await (const chunk of textFile(path)) {
    const [first] = chunk.replace(/^\ufeff/, '').trimStart()
    if (first !== undefined) return first
  }
  return undefined
}

/** The objects of a file: one list of them, or one on each line. */
export async function* readJson(path: string): AsyncGenerator<SourceRecord> {
  const isList = (await firstCharacter(path)) === '['
  yield* isList ? readObjects(textFile(path), 1) : readSource('jsonl', path, [])
}
