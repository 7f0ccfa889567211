import type { SourceRecord } from '../source-record.js'

/** What the command line says about a source. */
export interface SourceSettings {
  /** URL of a database, or path of a file. */
  readonly from: string
  /** Schema of the source's tables; null for its usual one. */
  readonly schema: string | null
  /** Path of a second file, for sources that give password hashes or their parameters apart; null for none. */
  readonly passwordHashes: string | null
  /** Names of columns by field, for a source whose tables are the application's. */
  readonly columns: ReadonlyMap<string, string>
  /** The csv column that says whether an address is verified; null for none. */
  readonly verification: string | null
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A source that was found and examined. */
export interface OpenSource {
  /** False if it can never tell which addresses are verified. */
  readonly saysVerified: boolean
  /** Reads the accounts one after another, from the beginning at every call. */
  read(): AsyncIterable<SourceRecord>
}

/** An option of the command that only some sources take. */
export type SourceOption = 'from-schema' | 'columns' | 'password-hashes'

/** A system that accounts come from. The commands, the usage and the check of the documents are made of these. */
export interface Source {
  /** The word after `import`. */
  readonly name: string
  readonly takes: 'database' | 'file'
  /** One line, in lower case. */
  readonly help: string
  readonly options: readonly SourceOption[]
  /** @throws InvalidInputError for what cannot be read */
  open(settings: SourceSettings): Promise<OpenSource>
}
