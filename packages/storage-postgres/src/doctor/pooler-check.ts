import type { Check } from './examination.js'
import { errorFinding, warning } from './finding.js'

/** A pooler that Torii had to do without named statements for, or that allows no transaction. */
export const checkPooler: Check = async (examination) => {
  const { isPooled, connection } = examination
  if (!isPooled) return []
  // Where every statement is a transaction of its own, this one fails.
  const works = await inTransaction(connection.query.bind(connection))
  if (!works)
    return [
      errorFinding(
        'pooler-mode',
        'a pooler in statement mode allows no transactions',
        'set pool_mode = transaction in the pooler',
      ),
    ]
  return [
    warning(
      'pooler',
      'a pooler keeps no named statements or start-up settings for its clients',
      'connect with the option prepare: false, or through a session pool',
    ),
  ]

  async function inTransaction(query: (text: string) => Promise<unknown>): Promise<boolean> {
    try {
      await query('begin')
      await query('commit')
      return true
    } catch {
      return false
    }
  }
}
