/** One step of the schema's history, as compiled from `migrations/NNNN_name.sql`. */
export interface Migration {
  /** 1, 2, 3 and so on, without gaps. */
  readonly id: number
  readonly name: string
  /** SHA-256 of the file's text in hexadecimal. */
  readonly checksum: string
  /** False for steps that cannot run in a transaction, such as building an index concurrently. */
  readonly transactional: boolean
  /** SQL with `:schema` and `:uuid_default` to be filled in. */
  readonly sql: string
}
