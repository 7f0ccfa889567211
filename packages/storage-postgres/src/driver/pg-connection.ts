import { valuesUntil } from '../sql/late-writes.js'
import type { Statement } from '../sql/statement.js'
import type { Connection } from './driver.js'
import type { ErrorClass } from './error-classes.js'
import { classifyStatementError } from './error-classes.js'
import type { PgClient, PgQuery, PgResult } from './pg-pool.js'
import { processIdOf } from './pg-pool.js'
import { resultTypes } from './result-types.js'
import { toToriiError } from './storage-errors.js'

/** A connection over a client that is ours for a while, and whether it may be used again afterwards. */
export function connectionOver(
  client: PgClient,
  prepare: boolean,
  send: (query: PgQuery) => Promise<PgResult>,
): { connection: Connection; isDoubtful(): boolean } {
  let doubtful = false
  let line: Promise<unknown> = Promise.resolve()

  /** One after the other: a client has one conversation, and its deadline starts when its turn comes. */
  function sendInLine(query: PgQuery): Promise<PgResult> {
    const answer = line.then(() => send(query))
    line = answer.catch((error: unknown) => {
      doubtful ||= leavesConnectionDoubtful(error, classifyStatementError(error))
    })
    return answer
  }

  const connection: Connection = {
    processId: processIdOf(client),
    query: (text, values = []) => sendInLine({ text, values: [...values], types: resultTypes }),
    queryOfApplication: (text, values = []) => sendInLine({ text, values: [...values] }),
    async run(statement, values) {
      try {
        return (await sendInLine(toQuery(statement, valuesUntil(statement, values), prepare))).rows
      } catch (error) {
        throw toToriiError(error, classifyStatementError(error), statement.name)
      }
    },
  }
  return { connection, isDoubtful: () => doubtful }
}

export const toQuery = (statement: Statement, values: unknown[], prepare: boolean): PgQuery =>
  prepare
    ? { name: statement.preparedName, text: statement.text, values, types: resultTypes }
    : { text: statement.text, values, types: resultTypes }

/** feature_not_supported, as PostgreSQL says it of a prepared statement whose result changed its type. */
const cachedPlanChanged = '0A000'

const codeOf = (error: unknown): unknown =>
  error instanceof Error ? Reflect.get(error, 'code') : undefined

/** Whether a prepared statement was refused because a migration has changed its tables. */
export const isOutdatedPlan = (error: unknown): boolean => codeOf(error) === cachedPlanChanged

/** Codes after which a connection is thrown away: a standby, a timed-out transaction, an outdated plan. */
const unusableAfter: readonly unknown[] = ['25006', '25P03', cachedPlanChanged]

/** After these it is unknown what the connection will reply next, or the connection is of no more use. */
export const leavesConnectionDoubtful = (error: unknown, failure: ErrorClass): boolean =>
  failure === 'ambiguous' ||
  failure === 'pooler' ||
  failure === 'unprepared' ||
  unusableAfter.includes(codeOf(error))
