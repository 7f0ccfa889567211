import { channel, tracingChannel } from 'node:diagnostics_channel'
import { ToriiError } from './errors.js'

// The channels on which Torii says what it is doing. Messages hold names, numbers and codes: never a value of a statement,
// a token, a hash, an email address or an IP address.

/** What every message of a tracing channel holds. */
export interface TracedMessage {
  /** Set before `error` is published: the code of the error, such as `ERR_UNAVAILABLE`; `error` for one without a code. */
  errorCode?: string
  /**
   * Set by a subscriber of `start` that wants the work to run in a context of its own, for example that of a span. Each
   * subscriber wraps the one before it.
   */
  within?: <Result>(work: () => Result) => Result
}

/** A call of a method: of the storage, or of Torii's services. */
export interface OperationMessage extends TracedMessage {
  /** As it is called: `password.authenticate` on a `Torii`, `sessions.validate` or `transaction` on a storage. */
  readonly operation: string
  /** The reason of an error result, such as `invalid_credentials`; absent for any other result. Set before `asyncEnd`. */
  reason?: string
}

/** A call whose statement may be sent together with those of other callers. Published in the context of its caller. */
export interface BatchedCallMessage {
  /** The name of the statement of this one call. */
  readonly statement: string
}

/** One statement, with all its attempts. */
export interface StatementMessage extends TracedMessage {
  /** `table.statement`, never the text. */
  readonly statement: string
  readonly kind: 'read' | 'write'
  /**
   * The calls that it answers, in their messages; empty for a statement that is never batched. More than one make it a
   * batch, which runs in the context of none of them.
   */
  readonly calls: readonly BatchedCallMessage[]
  /** The SQLSTATE of an error of the server. Set before `error` is published. */
  sqlState?: string
}

/** The connections of a pool, as they are when they are read. A number is null where the pool does not say it. */
export interface PoolState {
  /** The schema of the storage that uses the pool. */
  readonly schema: string
  /** Connections at most. */
  readonly max: number
  readonly total: number | null
  readonly idle: number | null
  /** Callers that wait for a connection. */
  readonly waiting: number | null
}

/** The wait for a connection of the pool: until one is free or open. */
export interface ConnectionMessage extends TracedMessage {
  readonly pool: PoolState
}

/** A request that the HTTP handler answers. */
export interface AuthRequestMessage extends TracedMessage {
  /** `_OTHER` for a method that HTTP does not define. */
  readonly method: string
  /** The path of the route with its parameters by name, `/auth/sessions/:id`; null for a path that is no route. */
  readonly route: string | null
  /** The status of the response. Set before `asyncEnd`. */
  status?: number
}

/** A rate limit refused an attempt. */
export interface RateLimitedMessage {
  /** What was attempted: the `path` of the event `attempts_refused`. */
  readonly path: string
}

/** What became of a mail. */
export interface MailStateMessage {
  /** The kind of the message, such as `magic_link`. */
  readonly kind: string
  /**
   * `queued`, then `sent` or `failed`; `delayed` once after a first attempt that failed. `dropped`: the queue was full or
   * shut down. `unsent`: the queue was shut down before it was sent.
   */
  readonly state: 'queued' | 'sent' | 'delayed' | 'failed' | 'dropped' | 'unsent'
}

/** A channel as `diagnostics_channel.channel` returns it. */
export interface DiagnosticsChannel<Message> {
  readonly hasSubscribers: boolean
  publish(message: Message): void
  subscribe(listener: (message: Message) => void): void
  unsubscribe(listener: (message: Message) => void): unknown
}

/** The part of `diagnostics_channel.tracingChannel` that Torii uses. */
export interface TracedChannel<Message extends TracedMessage> {
  readonly hasSubscribers: boolean
  readonly start: DiagnosticsChannel<Message> & {
    /** Publishes the message, and runs `work` with the stores that are bound to the channel. */
    runStores<Result>(message: Message, work: () => Result): Result
  }
  readonly end: DiagnosticsChannel<Message>
  readonly asyncStart: DiagnosticsChannel<Message>
  readonly asyncEnd: DiagnosticsChannel<Message>
  readonly error: DiagnosticsChannel<Message>
}

// Torii alone publishes on its channels, and only these messages.
const traced = <Message extends TracedMessage>(name: string) =>
  tracingChannel(name) as unknown as TracedChannel<Message>
const single = <Message>(name: string) => channel(name) as DiagnosticsChannel<Message>

/**
 * Every channel. The tracing channels are `tracing:NAME:start`, `…:end`, `…:asyncStart`, `…:asyncEnd` and `…:error` of
 * `node:diagnostics_channel`; the others are single channels. Without a subscriber a channel costs one check.
 */
export const diagnosticsChannels = Object.freeze({
  storageOperation: traced<OperationMessage>('torii.storage.operation'),
  storageStatement: traced<StatementMessage>('torii.storage.statement'),
  storageConnection: traced<ConnectionMessage>('torii.storage.connection'),
  storageBatchedCall: single<BatchedCallMessage>('torii.storage.batched_call'),
  authOperation: traced<OperationMessage>('torii.auth.operation'),
  authRequest: traced<AuthRequestMessage>('torii.auth.request'),
  authRateLimited: single<RateLimitedMessage>('torii.auth.rate_limited'),
  authMail: single<MailStateMessage>('torii.auth.mail'),
})

/** What a message says of the end of its work, besides `errorCode`. */
export interface Ending<Message, Value> {
  result?(message: Message, result: Value): void
  error?(message: Message, error: unknown): void
}

/**
 * Runs `work`, and publishes it on a tracing channel while that has subscribers. The result itself is never published: it can
 * hold a token. `asyncEnd` is published for every work, also for one that returns no promise.
 */
export function trace<Message extends TracedMessage, Result>(
  to: TracedChannel<Message>,
  messageOf: () => NoInfer<Message>,
  work: () => Result,
  ending: Ending<NoInfer<Message>, Awaited<Result>> = {},
): Result {
  return to.hasSubscribers ? publishWork(to, messageOf(), work, ending) : work()
}

function publishWork<Message extends TracedMessage, Result>(
  to: TracedChannel<Message>,
  message: Message,
  work: () => Result,
  ending: Ending<Message, Awaited<Result>>,
): Result {
  const ended = () => {
    to.asyncStart.publish(message)
    to.asyncEnd.publish(message)
  }
  const succeed = (result: Awaited<Result>) => {
    ending.result?.(message, result)
    ended()
    return result
  }
  const fail = (error: unknown): never => {
    message.errorCode = errorCodeOf(error)
    ending.error?.(message, error)
    to.error.publish(message)
    ended()
    throw error
  }
  return to.start.runStores(message, () => {
    let result: Result
    try {
      result = message.within === undefined ? work() : message.within(work)
    } catch (error) {
      to.end.publish(message)
      return fail(error)
    }
    to.end.publish(message)
    // What `succeed` returns is what it was given, so a promise stays a promise of the same value.
    return (
      result instanceof Promise ? result.then(succeed, fail) : succeed(result as Awaited<Result>)
    ) as Result
  })
}

const errorCodeOf = (error: unknown): string => (error instanceof ToriiError ? error.code : 'error')

/**
 * The methods, each of whose calls is published under its path: `reset` of `password` as `password.reset`. The methods of an
 * object in them have the longer path. The empty path adds nothing.
 */
export function traceMethods<Methods extends object>(
  to: TracedChannel<OperationMessage>,
  path: string,
  methods: Methods,
): Methods {
  const prefix = path === '' ? '' : `${path}.`
  const traced = Object.entries(methods).map(([name, member]: [string, unknown]) => [
    name,
    traceMember(to, `${prefix}${name}`, member),
  ])
  // Each member is of the type of the member that it calls.
  return Object.fromEntries(traced) as Methods
}

function traceMember(to: TracedChannel<OperationMessage>, path: string, member: unknown): unknown {
  if (typeof member === 'object' && member !== null) return traceMethods(to, path, member)
  if (typeof member !== 'function') return member
  const messageOf = (): OperationMessage => ({ operation: path })
  return (...given: unknown[]): unknown =>
    to.hasSubscribers
      ? trace(to, messageOf, (): unknown => Reflect.apply(member, undefined, given), reasonOf)
      : Reflect.apply(member, undefined, given)
}

/** Reasons are names of our own. */
const reasonForm = /^[a-z][a-z_]{0,63}$/

const reasonOf: Ending<OperationMessage, unknown> = {
  result(message, result) {
    if (typeof result !== 'object' || result === null || Reflect.get(result, 'ok') !== false) return
    const reason: unknown = Reflect.get(result, 'reason')
    if (typeof reason === 'string' && reasonForm.test(reason)) message.reason = reason
  },
}
