/**
 * The history of a process: a line of JSON when an operation is invoked, another when it has returned. A line is
 * in the kernel as soon as it is written, so a killed process loses no line that it has written.
 */
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Microseconds of the machine's monotonic clock: comparable between processes, never set back. */
export const now = () => Number(process.hrtime.bigint() / 1000n)

/** A new history, as the file `<name>.jsonl` of the folder. */
export function openHistory(folder, name) {
  const file = openSync(join(folder, `${name}.jsonl`), 'ax')
  const write = (line) => writeSync(file, `${JSON.stringify(line)}\n`)
  let calls = 0
  return {
    /** Notes that a call begins, before anything is sent. Returns its number within this history. */
    invoked(operation, input) {
      calls += 1
      write({ call: calls, at: now(), operation, input })
      return calls
    },
    /** `answer`: `{ outcome, result?, code?, message? }`; the outcomes are those of operations.mjs. */
    returned(call, answer) {
      write({ call, at: now(), ...answer })
    },
    close: () => closeSync(file),
  }
}

/**
 * All calls of a folder: `{ process, call, operation, input, start, end, outcome, result, code }`. A call that has
 * not returned has the outcome `unfinished` and no end.
 */
export function readHistories(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
  return names.sort().flatMap((name) => readHistory(join(folder, name), name.slice(0, -6)))
}

function readHistory(path, process) {
  const calls = new Map()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = parse(line)
    if (entry === null) continue
    const { at, ...rest } = entry
    const known = calls.get(entry.call)
    if (known === undefined)
      calls.set(entry.call, { process, ...rest, start: at, end: null, outcome: 'unfinished' })
    else Object.assign(known, rest, { end: at })
  }
  return [...calls.values()]
}

/** Null for an empty line, and for a line that a killed process has not finished. */
function parse(line) {
  try {
    return line === '' ? null : JSON.parse(line)
  } catch {
    return null
  }
}
