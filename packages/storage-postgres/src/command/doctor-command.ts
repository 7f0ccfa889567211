import { quoteSchema } from '../base/schema-name.js'
import { diagnose } from '../doctor/diagnose.js'
import type { Finding } from '../doctor/finding.js'
import { readHosts } from '../driver/host-list.js'
import type { Command } from './command.js'
import { command } from './command.js'
import { exitCodes } from './exit-codes.js'
import { printable } from './printable.js'

export const doctorCommand: Command = command(
  'doctor',
  'examine connection, server, rights, schema and rows, and say what to do',
  async ({ target: { url, schema }, mask, progress }) => {
    quoteSchema(schema)
    const found = await diagnose({
      url,
      schema,
      hosts: hostsOf(url),
      now: Date.now,
      onProgress: (check, checks) => progress.show('examining', check / checks),
    })
    const findings = found.map((each) => ({
      ...each,
      message: mask(each.message),
      fix: mask(each.fix),
    }))
    const ok = !findings.some(({ level }) => level === 'error')
    return {
      json: { ok, findings },
      text: findings.length === 0 ? 'no problem was found' : findings.map(describe).join('\n'),
      exitCode: ok ? exitCodes.done : exitCodeOf(findings),
    }
  },
)

const describe = ({ id, level, message, fix }: Finding): string =>
  `${level} ${id}: ${printable(message)}\n  fix: ${printable(fix)}`

/** Errors that a migration, or another version, takes away. */
const ofTheSchema: readonly string[] = ['migrations-pending', 'drift', 'schema-newer']

function exitCodeOf(findings: readonly Finding[]): number {
  const errors = findings.filter(({ level }) => level === 'error')
  return errors.every(({ id }) => ofTheSchema.includes(id))
    ? exitCodes.pendingOrDrifted
    : exitCodes.failed
}

/** The embedded engine has no host. */
const hostsOf = (url: string): readonly string[] =>
  url.startsWith('pglite:') ? [] : readHosts(url).map(({ name }) => name.replace(/:\d+$/, ''))
