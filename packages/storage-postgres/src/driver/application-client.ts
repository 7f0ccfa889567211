import { valuesUntil } from '../sql/late-writes.js'
import type { Connection } from './driver.js'
import { classifyStatementError } from './error-classes.js'
import type { ResultTypes } from './result-types.js'
import { resultParsers, resultTypes } from './result-types.js'
import { toToriiError } from './storage-errors.js'

/**
 * Anything that runs a statement with values: a client of `pg`, a transaction of PGlite. Another one must return the
 * values of a row as `pg` does without parsers of its own.
 */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>
}

/** A connection over a client on which the application has opened a transaction. */
export function connectionOfApplication(client: Queryable): Connection {
  const query = withOwnParsers(client)
  return {
    processId: null,
    query: (text, values = []) => query(text, [...values]),
    queryOfApplication: (text, values = []) => client.query(text, [...values]),
    async run(statement, values) {
      try {
        return (await query(statement.text, valuesUntil(statement, values))).rows
      } catch (error) {
        throw toToriiError(error, classifyStatementError(error), statement.name)
      }
    },
  }
}

/** The client's `query`, whose results are read by our parsers where the client takes parsers. */
function withOwnParsers(client: Queryable): Queryable['query'] {
  const given: object = client
  if (isPgClient(given)) return (text, values) => given.query({ text, values, types: resultTypes })
  if (isPglite(given))
    return (text, values) => given.query(text, values, { parsers: resultParsers })
  return (text, values) => client.query(text, values)
}

type Result = ReturnType<Queryable['query']>

interface PgClientLike {
  query(query: { text: string; values: unknown[]; types: ResultTypes }): Result
}

interface PgliteLike {
  query(text: string, values: unknown[], options: { parsers: typeof resultParsers }): Result
}

const has = (client: object, method: string) => typeof Reflect.get(client, method) === 'function'

/** A client of `pg` or what is derived from it. */
const isPgClient = (client: object): client is PgClientLike => has(client, 'getTypeParser')

/** A database of PGlite or a transaction on it. */
const isPglite = (client: object): client is PgliteLike => has(client, 'exec') && has(client, 'sql')
