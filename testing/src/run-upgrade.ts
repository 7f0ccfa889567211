import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { elapse } from './elapse.js'
import type { Application, InstalledVersion } from './former-version.js'
import {
  installFormerVersion,
  installThisVersion,
  readFormerData,
  startApplication,
} from './former-version.js'
import { multiply } from './multiply.js'

/** What to upgrade, and for how long both versions work. */
export interface UpgradeOptions {
  /** An empty database. */
  readonly url: string
  /** Accounts beside those of the fixture. */
  readonly users: number
  /** Seconds of work before the migration, and again after it. */
  readonly seconds: number
  /** Whether to try at both versions what was promised to the people of the fixture (default: true). */
  readonly withFacts?: boolean
  /** The version to upgrade to (default: this one as built). */
  readonly next?: InstalledVersion
}

/** What happened. */
export interface UpgradeReport {
  /** Every operation that was refused or failed with an error that is no invitation to try again. */
  readonly problems: readonly string[]
  /** Operations of each version that succeeded. */
  readonly done: { readonly old: number; readonly new: number }
  /** Errors that an application may try again, by code. */
  readonly retried: { readonly old: Counts; readonly new: Counts }
  /** Seconds that `migrate()` took. */
  readonly migrationSeconds: number
}

const former = '0.1.0'
const thisVersion = 'this version'
const callers = 4

type Counts = Readonly<Record<string, number>>

interface WorkReport {
  readonly done: Counts
  readonly retried: Counts
  readonly wrong: readonly string[]
}

/**
 * Upgrades a filled database of the former version while that version works on it, then lets both versions work beside
 * each other, and tries at both whatever was promised to the people of the fixture.
 */
export async function runUpgrade(options: UpgradeOptions): Promise<UpgradeReport> {
  const { url, users, seconds } = options
  const old = await installFormerVersion(former)
  const next = options.next ?? (await installThisVersion())
  const mail = await mkdtemp(join(tmpdir(), 'torii-upgrade-'))
  const started: Application[] = []
  const start = async (version: InstalledVersion) => {
    const application = await startApplication(former, version)
    started.push(application)
    await application.ask('open', url)
    return application
  }
  const problems: string[] = []
  const attempt = async (who: string, work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => problems.push(`${who}: ${String(error)}`))
  }
  try {
    const running = await start(old)
    await running.ask('migrate')
    await fill(url, users)
    // Each version works with different accounts, so that no operation may be refused.
    const half = Math.floor(users / 2)
    await running.ask('work', { callers, first: 0, users: half })
    await sleep(seconds * 1000)
    const began = performance.now()
    const upgraded = await start(next)
    await attempt(thisVersion, () => upgraded.ask('migrate'))
    const migrationSeconds = (performance.now() - began) / 1000
    await upgraded.ask('work', { callers, first: half, users: half })
    const versions = [
      ['old', undefined, old],
      ['new', 'old', next],
    ] as const
    for (const [version, from, packages] of options.withFacts === false ? [] : versions)
      await attempt(packages === old ? former : thisVersion, async () => {
        const application = await start(packages)
        await application.ask('use', { version, from, directory: mail })
        await application.ask('close')
      })
    await sleep(seconds * 1000)
    // The program of the fixture tells exactly this.
    const stop = async (application: Application) => (await application.ask('stop')) as WorkReport
    const [byOld, byNew] = [await stop(running), await stop(upgraded)]
    return {
      problems: [
        ...problems,
        ...byOld.wrong.map((problem) => `${former}: ${problem}`),
        ...byNew.wrong.map((problem) => `${thisVersion}: ${problem}`),
      ],
      done: { old: sum(byOld.done), new: sum(byNew.done) },
      retried: { old: byOld.retried, new: byNew.retried },
      migrationSeconds,
    }
  } finally {
    await Promise.all(started.map((application) => application.end()))
    await rm(mail, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    await old.remove()
    if (options.next === undefined) await next.remove()
  }
}

const sum = (counts: Counts): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** Loads the data of the fixture, moves its times to the present, and multiplies it. */
async function fill(url: string, users: number): Promise<void> {
  const { sql, takenAt } = await readFormerData(former)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
    const passed = (Date.now() - takenAt.getTime()) / 1000
    await elapse((text, values) => client.query(text, values), 'torii', -passed)
    for (const statement of multiply(users)) await client.query(statement)
    await client.query('analyze')
  } finally {
    await client.end()
  }
}
