import type { TokenHash, UserId } from 'torii-core'
import type { Database } from '../../sql/database.js'
import type { SqlPart } from '../../sql/parameter.js'
import { parameter, sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { read } from '../../sql/statement.js'
import { userId } from '../fragments/parameters.js'
import { checkHashes } from '../input/input-credentials.js'

/** The hashes that one typed code may have. */
const codeHashes = parameter('codeHashes', 'bytea[]')<readonly TokenHash[]>()
const maxCodeHashes = 32

export const checkCodeHashes = (value: readonly TokenHash[]): readonly TokenHash[] =>
  checkHashes(value, 'codeHashes', maxCodeHashes)

/**
 * The CTE of the `factor` that recovery codes belong to. What removes or replaces it waits for the locked user, and what replaces the codes for
 * the code itself. It is not locked: a key share lock on a row that a code of the application has just updated can end in a deadlock.
 */
export const factorOfCodes = (schema: string, owner: string) => sql`factor as (
        select t.user_id, t.recovery_generation from ${schema}.totp_factors t join ${owner} on ${owner}.user_id = t.user_id
      )`

/** The condition of a recovery code `c` of the CTE `factor`. */
const codeOfFactor = 'factor.user_id = c.user_id and factor.recovery_generation = c.generation'

/** SQL for the stored hash of the given code, read without a lock. One value, so that its row is looked up as by one hash. */
export const givenCode = (schema: string) => sql`(
          select x.code_hash from ${schema}.recovery_codes x
          where x.user_id = ${userId} and x.code_hash = any (${codeHashes}) order by x.code_hash limit 1)`

/** The CTE `c` of the recovery code that the user of the CTE `factor` has given, locked. `from` is a further join. */
export const lockCode = (schema: string, from = '') => sql`c as (
        select c.user_id, c.code_hash from ${schema}.recovery_codes c join factor on ${codeOfFactor}${from}
        where c.code_hash = ${givenCode(schema)} for update of c
      )`

/** SQL for the number of recovery codes that are left to the user; `others` is a further condition of a code `c`. */
const remainingCodes = <const Others extends SqlPart>(schema: string, others: Others) => sql`(
          select pg_catalog.count(*) from ${schema}.recovery_codes c join ${schema}.totp_factors t
            on t.user_id = c.user_id and t.recovery_generation = c.generation
          where c.user_id = ${userId} and ${others})::int`

/** SQL for the number of recovery codes that are left to the user. */
export const allRemaining = (schema: string) => remainingCodes(schema, 'true')

/** SQL for the number that is left once the given code is used, which the statement that uses it still sees. */
export const otherRemaining = (schema: string) =>
  remainingCodes(schema, sql`c.code_hash <> all (${codeHashes})`)

export const recoveryCodeStatements = (schema: string) => ({
  remaining: read('second_factors.remaining', sql`select ${allRemaining(schema)} as remaining`),
})

/** Counts the recovery codes of a user after a reply was lost. */
export const countRemaining = (
  db: Database,
  { remaining }: ReturnType<typeof recoveryCodeStatements>,
  user: UserId,
): Promise<number> =>
  one(db, remaining, { userId: user }, (row: { remaining: number }) => row.remaining)
