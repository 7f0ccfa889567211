import pg from 'pg'
import type { StorageLog } from '../base/log.js'
import type { Host } from './host-list.js'
import { createHostChoice, notUsable, problemOf, readSettings, requirePrimary } from './primary.js'
import { createTimelineMemory } from './timeline.js'

/** The connections of one pool. Each goes to the next host of the list and is checked before it is used. */
export interface PrimaryClients {
  /** For the pool. Its `connect` ends with a connection to the primary, or fails. */
  readonly Client: new (
    options?: pg.ClientConfig,
  ) => pg.Client
  /** Checks a connection again unless nothing has happened since its last check. */
  ensure(client: pg.ClientBase): Promise<void>
  /** Makes `ensure` check every connection again. Call it when a connection was thrown away. */
  distrust(): void
  /** What is wrong with each host, as {@link createHostChoice} says it. */
  problems(): readonly string[]
}

/** @throws InvalidOptionsError when `pg` cannot use a URL */
export function createPrimaryClients(
  hosts: readonly Host[],
  acquireMs: number,
  log: StorageLog,
): PrimaryClients {
  const settings = new Map(hosts.map((host) => [host, readSettings(host)]))
  const choice = createHostChoice(hosts)
  // A host that does not answer must leave time for the others.
  const answerMs = Math.max(50, Math.floor((acquireMs * 0.9) / hosts.length))
  const check = {
    several: hosts.length > 1,
    answerMs,
    timelines: createTimelineMemory(),
    historyUnknown: once(() => log({ level: 'warn', event: 'timeline_unknown' })),
  }
  /** Connections that were checked since the last one was thrown away. */
  let checked = new WeakSet<pg.ClientBase>()
  const hostOf = new WeakMap<pg.ClientBase, Host>()

  /** Runs one step of a connection; how it ends is what is known of its host. */
  async function checkWith(client: pg.ClientBase, step: () => Promise<boolean>): Promise<void> {
    const host = hostOf.get(client)
    if (host === undefined) throw new Error('not a client of this pool')
    try {
      const promoted = await step()
      if (promoted) checked = new WeakSet()
    } catch (error) {
      const problem = problemOf(error)
      choice.tried(host, problem)
      throw notUsable(host, problem) ?? error
    }
    choice.tried(host, null)
    checked.add(client)
  }

  const ask = (client: pg.ClientBase) => requirePrimary(client, check)

  class PrimaryClient extends pg.Client {
    constructor(options: pg.ClientConfig = {}) {
      const host = choice.next()
      super({ ...options, ...settings.get(host), connectionTimeoutMillis: answerMs })
      hostOf.set(this, host)
      // The default of the process, `pg.defaults.binary`, goes before the options.
      Reflect.set(this, 'binary', false)
      // Without a listener a connection that breaks while it is checked ends the process.
      this.on('error', () => undefined)
    }

    override connect(): Promise<pg.Client>
    override connect(callback: (error: Error | null, client?: pg.Client) => void): void
    override connect(
      callback?: (error: Error | null, client?: pg.Client) => void,
    ): Promise<pg.Client> | undefined {
      const connected = this.#connect()
      if (callback === undefined) return connected
      connected.then(
        () => callback(null, this),
        (error: Error) => callback(error),
      )
      return undefined
    }

    async #connect(): Promise<pg.Client> {
      try {
        await checkWith(this, async () => {
          await super.connect()
          return ask(this)
        })
      } catch (error) {
        // The pool does not end what it never had.
        void this.end()
        throw error
      }
      return this
    }
  }

  return {
    Client: PrimaryClient,
    async ensure(client) {
      if (!checked.has(client)) await checkWith(client, () => ask(client))
    },
    distrust() {
      checked = new WeakSet()
    },
    problems: () => choice.problems(),
  }
}

/** The function, which does something the first time only. */
function once(work: () => void): () => void {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}
