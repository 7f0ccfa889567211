import { Worker } from 'node:worker_threads'
import type { MailMessage } from './message.js'
import type { Sender } from './sender.js'
import type { SmtpSettings, SmtpTransport } from './smtp-transport.js'
import { createSmtpTransport } from './smtp-transport.js'
import type { SmtpError, SmtpReply, SmtpRequest, SmtpWorkerData } from './smtp-worker.js'

interface Waiting {
  resolve(): void
  reject(error: Error): void
}

/**
 * A transport that works in a thread, which starts with the first message and keeps no process alive. Options that cannot
 * be copied to a thread, such as functions in `tlsOptions`, are used in this one.
 */
export function createSmtpThread(settings: SmtpSettings, from: Sender): SmtpTransport {
  const workerData: SmtpWorkerData = { settings, from }
  if (!isCopyable(workerData)) return createSmtpTransport(settings, from)
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let last = 0

  /** Ends the thread and all that waits for it; the next message starts another. */
  function end(ended: Worker, error: Error): void {
    if (ended !== worker) return
    worker = null
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  function start(): Worker {
    const started = new Worker(new URL('./smtp-worker.js', import.meta.url), {
      workerData,
      // The options of the program, such as --input-type or a loader, are not for this file.
      execArgv: [],
    })
    started.on('message', ({ id, error }: SmtpReply) => {
      const request = waiting.get(id)
      waiting.delete(id)
      if (waiting.size === 0) started.unref()
      if (error === null) request?.resolve()
      else request?.reject(errorOf(error))
    })
    started.on('error', (error: Error) => end(started, error))
    started.on('exit', () => end(started, threadEnded()))
    return started
  }

  function run(kind: 'send' | 'rehearse', message: MailMessage, signal?: AbortSignal) {
    worker ??= start()
    const running = worker
    last += 1
    const id = last
    const post = (request: SmtpRequest) => running.postMessage(request)
    // While a message is on its way the process stays alive, as with a connection in this thread.
    running.ref()
    const done = new Promise<void>((resolve, reject) => waiting.set(id, { resolve, reject }))
    const abort = () => post({ id, kind: 'abort' })
    post({ id, kind, message: { ...message } })
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    return done.finally(() => signal?.removeEventListener('abort', abort))
  }

  return {
    send: (message, signal) => run('send', message, signal),
    rehearse: (message) => run('rehearse', message),
  }
}

/** The mail queue logs the code, and tries again in a new thread. */
const threadEnded = () =>
  Object.assign(new Error('the thread that sends mail has ended'), { code: 'ETHREAD' })

function isCopyable(data: SmtpWorkerData): boolean {
  try {
    structuredClone(data)
    return true
  } catch {
    return false
  }
}

/** The error of the other thread, with the members that the mail queue reads. */
function errorOf({ message, ...members }: SmtpError): Error {
  const given = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.assign(new Error(message), Object.fromEntries(given))
}
