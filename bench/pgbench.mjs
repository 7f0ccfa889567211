/** What the protocol allows: our own statements sent by pgbench, in C, with no application around them. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from './keys.mjs'
import { cpuOfEndedChildren } from './load.mjs'
import { statementOf } from './subjects/raw-pg.mjs'

const pipelined = 16
/** Its time begins before its clients have connected, which takes a busy machine a second. */
const minSeconds = (ms) => (ms < 1000 ? 1 : 3)

const oneLine = (text) => `${text.replace(/\s+/g, ' ').trim()};\n`

/**
 * The text of a statement with SQL in the place of its parameters, by their names. A write has one more, its deadline,
 * which never passes here.
 */
function substitute({ text, parameters }, values) {
  const missing = parameters.find(({ name }) => values[name] === undefined)
  if (missing !== undefined) throw new Error(`a statement has a new parameter: ${missing.name}`)
  return parameters
    .reduce(
      (done, { name }, index) => done.replaceAll(`$${index + 1}::`, `(${values[name]})::`),
      text,
    )
    .replaceAll(`$${parameters.length + 1}::`, `'infinity'::`)
}

/** The scripts of one size of data. pgbench makes the keys in SQL, which costs it some microseconds. */
async function scripts({ users, sessions }) {
  const lookUp = substitute(await statementOf('sessions', 'validate'), {
    userId: sql.userId(':u::int'),
    sessionId: sql.sessionId(':n::int'),
    secretHash: sql.secretHash(':n::int'),
    touchSeconds: '86400',
    recentSeconds: 'null',
  })
  const insert = substitute(await statementOf('sessions', 'open'), {
    userId: sql.userId(':u::int'),
    newSessionId: 'gen_random_uuid()',
    newSessionSecretHash: "sha256('\\x01'::bytea || int4send(:n::int))",
    methods: "'{password}'",
    level: '1',
    factorPolicy: '0',
    trustedHashes: 'null',
    newTrustedHash: 'null',
    ip: "'192.0.2.1'",
    userAgent: "'Mozilla/5.0 (X11; Linux x86_64; rv/140.0) Gecko/20100101 Firefox/140.0'",
    idleSeconds: '604800',
    absoluteSeconds: '2592000',
  })
  const look = `\\set n random(1, ${sessions})\n\\set u 1 + :n % ${users}\n${oneLine(lookUp)}`
  return {
    look,
    pipeline: `\\startpipeline\n${look.repeat(pipelined)}\\endpipeline\n`,
    insert: `\\set n random(1, 2000000000)\n\\set u random(1, ${users})\n${oneLine(insert)}`,
  }
}

function execute(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, options)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    child.on('error', reject)
    child.on('close', (status) =>
      status === 0 ? resolve(output) : reject(new Error(`pgbench failed: ${output}`)),
    )
  })
}

/** Latencies in milliseconds, out of the log of one run. */
function readLatencies(folder) {
  const logs = readdirSync(folder).filter((file) => file.startsWith('log.'))
  const lines = logs.flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'))
  const sorted = lines.map((line) => Number(line.split(' ')[2]) / 1000).sort((a, b) => a - b)
  const at = (share) => sorted[Math.floor(sorted.length * share)] ?? null
  return { p50: at(0.5), p99: at(0.99) }
}

/** Runs one script with so many clients, the same way as a subject runs a flow. */
export async function createPgbench(program, url, size) {
  const folder = mkdtempSync(join(tmpdir(), 'torii-bench-'))
  const { hostname, port, username, password, pathname } = new URL(url)
  const env = {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  }
  const all = await scripts(size)
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, `${name}.sql`), text)

  return {
    async run({ script, clients, ms }) {
      const seconds = Math.max(minSeconds(ms), Math.round(ms / 1000))
      for (const file of readdirSync(folder))
        if (file.startsWith('log.')) rmSync(join(folder, file))
      const args = ['-n', '-M', 'prepared', '-f', join(folder, `${script}.sql`), '-l']
      args.push('-c', String(clients), '-j', '1', '-T', String(seconds))
      args.push('--log-prefix', join(folder, 'log'), '--sampling-rate', clients === 1 ? '1' : '0.1')
      const cpu = cpuOfEndedChildren()
      const output = await execute(program, args, { cwd: folder, env })
      const per = script === 'pipeline' ? pipelined : 1
      const transactions = Number(/transactions actually processed: (\d+)/.exec(output)?.[1])
      const tps = Number(/tps = ([\d.]+) \(without initial/.exec(output)?.[1])
      return {
        wallMs: (transactions / tps) * 1000,
        operations: transactions * per,
        cpuMicros: cpu === null ? null : cpuOfEndedChildren() - cpu,
        statements: transactions * per,
        roundTrips: transactions,
        ...readLatencies(folder),
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
