/**
 * How fast accounts move in: `npm run bench -- import [--rows=N] [--quick]`. Imports a jsonl file and tables of Better Auth by the
 * command itself, each into a fresh database, then once more when all are there, then `--verify`; and apart weak hashes that are
 * wrapped in Argon2id. One account of a hundred has the address of another in capitals, one of fifty none.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startServer } from 'torii-testing'
import { resultsFolder } from './compare.mjs'

const command = new URL('../packages/storage-postgres/dist/cli.js', import.meta.url).pathname
const bcrypt = '$2y$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'
/** The command first computes so many, to estimate the time. */
const estimated = 16
const weakHashes = { full: 500, quick: 20 }

export async function importRate({ isQuick, note, rows: given }) {
  const rows = given ?? (isQuick ? 20_000 : 2_000_000)
  const folder = mkdtempSync(join(tmpdir(), 'torii-import-'))
  const server = await startServer({ settings: { fsync: 'on' } })
  try {
    const file = join(folder, 'accounts.jsonl')
    await writeLines(file, rows, accountOf)
    const old = await freshDatabase(server, 'old')
    await fillBetterAuth(old, rows)
    const sources = [
      { source: 'jsonl', words: ['jsonl', '--from', file] },
      { source: 'better-auth', words: ['better-auth', '--from', old] },
    ]
    const results = []
    for (const { source, words } of sources) {
      const url = await freshDatabase(server, `new_${source.replace('-', '_')}`)
      await runCommand(url, ['migrate'])
      for (const [run, more] of [
        ['import', []],
        ['again', []],
        ['verify', ['--verify']],
      ]) {
        const measured = await runCommand(url, ['import', ...words, ...more, '--json'])
        results.push({ source, run, rows, ...measured, rowsPerSecond: rows / measured.seconds })
        note(`${source}, ${run}: ${Math.round(rows / measured.seconds)} rows/s`)
      }
    }
    const wrapped = await wrapping(server, folder, weakHashes[isQuick ? 'quick' : 'full'])
    const measured = { rows, load: loadavg()[0], cores: availableParallelism(), results, wrapped }
    if (!isQuick) {
      mkdirSync(resultsFolder, { recursive: true })
      writeFileSync(join(resultsFolder, 'import.json'), `${JSON.stringify(measured, null, 1)}\n`)
    }
    console.log(importMarkdown(measured))
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
  return 0
}

async function freshDatabase(server, name) {
  await query(server.url, `create database ${name}`)
  return server.url.replace(/\/postgres$/, `/${name}`)
}

async function query(url, text) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}

async function writeLines(file, rows, recordOf) {
  const stream = createWriteStream(file)
  for (let at = 0; at < rows; at += 1)
    if (!stream.write(`${JSON.stringify(recordOf(at))}\n`)) await once(stream, 'drain')
  stream.end()
  await once(stream, 'finish')
}

function accountOf(at) {
  const email = at % 100 === 99 ? `USER${at - 1}@EXAMPLE.COM` : `user${at}@example.com`
  return {
    id: String(at),
    email: at % 50 === 25 ? null : email,
    emailVerified: at % 10 !== 0,
    name: `User ${at}`,
    passwordHash: at % 4 === 3 ? null : bcrypt,
    oauthAccounts: at % 4 === 3 || at % 50 === 25 ? [{ provider: 'google', subject: `${at}` }] : [],
  }
}

/** The same accounts in tables of Better Auth, which allow no null address. */
const fillBetterAuth = (url, rows) =>
  query(
    url,
    `create table "user" (id text primary key, email text not null, "emailVerified" boolean not null, name text not null,
       image text, "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
     create table account (id text primary key, "userId" text not null, "providerId" text not null, "accountId" text not null,
       password text, "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
     insert into "user" select n::text, case when n % 100 = 99 then 'USER' || n - 1 || '@EXAMPLE.COM' else 'user' || n || '@example.com' end,
       n % 10 <> 0, 'User ' || n, null, now(), now() from generate_series(0, ${rows - 1}) n;
     insert into account select n::text, n::text, case when n % 4 = 3 then 'google' else 'credential' end, n::text,
       case when n % 4 = 3 then null else md5(n::text) || ':' || repeat(md5(n::text), 4) end, now(), now()
       from generate_series(0, ${rows - 1}) n;
     create index on account ("userId"); analyze`,
  )

/** Hashes per second: the run with `--wrap-weak-hashes` less one that resets them, so without start and writing. */
async function wrapping(server, folder, hashes) {
  const file = join(folder, 'weak.jsonl')
  await writeLines(file, hashes, (at) => ({
    id: String(at),
    email: `weak${at}@example.com`,
    emailVerified: true,
    passwordHash: at.toString(16).padStart(32, '0'),
  }))
  const seconds = {}
  for (const [run, more] of [
    ['without', []],
    ['wrapped', ['--wrap-weak-hashes']],
  ]) {
    const url = await freshDatabase(server, `weak_${run}`)
    await runCommand(url, ['migrate'])
    const measured = await runCommand(url, ['import', 'jsonl', '--from', file, ...more, '--json'])
    seconds[run] = measured.seconds
  }
  const perSecond = (hashes + estimated) / (seconds.wrapped - seconds.without)
  return { hashes, perSecond, perSecondAndCore: perSecond / availableParallelism() }
}

/** Runs the command in a process of its own, and returns what it took and printed. */
async function runCommand(url, words) {
  const printPeak = `process.on('exit', () => process.stderr.write('\\npeak ' + process.resourceUsage().maxRSS + '\\n'))`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(printPeak)}`, command]
  const started = performance.now()
  const child = spawn(process.execPath, [...args, ...words], {
    env: { ...process.env, DATABASE_URL: url },
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    child[name].on('data', (part) => {
      texts[name] += part
    })
  const [status] = await once(child, 'close')
  const seconds = (performance.now() - started) / 1000
  if (status !== 0) throw new Error(`${words.join(' ')}: ${status}\n${texts.stdout}${texts.stderr}`)
  const report = words.includes('--json') ? JSON.parse(texts.stdout) : {}
  const counted = report.compared ?? (report.imported ?? 0) + (report.merged ?? 0)
  return { seconds, counted, peakMib: Number(/peak (\d+)/.exec(texts.stderr)?.[1]) / 1024 }
}

function importMarkdown({ rows, load, cores, results, wrapped }) {
  const lines = results.map(
    ({ source, run, counted, rowsPerSecond, peakMib }) =>
      `| ${source} | ${run} | ${counted.toLocaleString('en')} | ${Math.round(rowsPerSecond).toLocaleString('en')} | ${Math.round(peakMib)} |`,
  )
  return [
    `${rows.toLocaleString('en')} accounts, ${cores} cores, load average at the end ${load.toFixed(1)}.`,
    '',
    '| source | run | accounts | rows/s | peak MiB |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `--wrap-weak-hashes: ${wrapped.perSecondAndCore.toFixed(1)} hashes/s per core, of ${wrapped.hashes}.`,
  ].join('\n')
}
