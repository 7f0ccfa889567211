/** The PostgreSQL of the benchmark: torii-testing's, on loopback, durable as in production. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { startServer } from 'torii-testing'

export async function startBenchServer(quick) {
  return startServer({
    settings: {
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      shared_buffers: quick ? '128MB' : '2GB',
      max_wal_size: '8GB',
      checkpoint_timeout: '30min',
      max_connections: '200',
      autovacuum_naptime: '1h',
    },
  })
}

/** The process id of the postmaster, which all server processes descend from. */
export const postmasterOf = ({ dataDirectory }) =>
  Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0])

/** Where pgbench is, or null: the PostgreSQL that comes from npm has none. */
export function findPgbench() {
  const versioned = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql')
        .sort((a, b) => Number(b) - Number(a))
        .map((major) => `/usr/lib/postgresql/${major}/bin`)
    : []
  const folders = [...versioned, ...(process.env.PATH ?? '').split(delimiter)]
  return folders.map((folder) => join(folder, 'pgbench')).find((path) => existsSync(path)) ?? null
}
