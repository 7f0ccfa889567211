/** Calls operations, and writes each call into a history. */
import { operations } from './operations.mjs'

const isNothing = (value) => value === null || value === false || value?.ok === false
/** Codes that promise that nothing was done. */
const nothingDone = ['ERR_UNAVAILABLE', 'ERR_CONTENTION', 'ERR_STATEMENT_ENDED']

/**
 * Returns `call(name, input)`, which resolves to `{ outcome, value, result }` and never rejects. Outcomes: `ok`, `refused`,
 * `failed` (an error that promises that nothing was done), `unknown` (ERR_OUTCOME_UNKNOWN), `unexpected` (any other error).
 * @param context `{ storage, torii }`
 */
export function createCaller(history, context) {
  return async function call(name, input) {
    const operation = operations[name]
    const number = history.invoked(name, input)
    try {
      const value = await operation.call(context, input)
      const refused = (operation.isRefusal ?? isNothing)(value)
      const answer = refused
        ? { outcome: 'refused' }
        : { outcome: 'ok', result: operation.result?.(value) }
      history.returned(number, answer)
      return { ...answer, value }
    } catch (error) {
      const answer = describe(error)
      history.returned(number, answer)
      return answer
    }
  }
}

function describe(error) {
  const code = error?.code ?? error?.name ?? 'unknown'
  if (code === 'ERR_OUTCOME_UNKNOWN') return { outcome: 'unknown', code }
  if (nothingDone.includes(code)) return { outcome: 'failed', code }
  const cause = error?.cause?.code ?? error?.cause?.message
  return { outcome: 'unexpected', code, message: `${error?.message} (${cause})` }
}
