import { parentPort, workerData } from 'node:worker_threads'
import type { MailMessage } from './message.js'
import type { Sender } from './sender.js'
import type { SmtpSettings } from './smtp-transport.js'
import { createSmtpTransport } from './smtp-transport.js'

// The thread that smtpMailer() sends in, so that the work of a message delays no response: its time would tell which
// email addresses have an account.

/** What the thread is started with. */
export interface SmtpWorkerData {
  readonly settings: SmtpSettings
  readonly from: Sender
}

/** A message to send or to rehearse, or the end of the wait for one. */
export type SmtpRequest =
  | { readonly id: number; readonly kind: 'send' | 'rehearse'; readonly message: MailMessage }
  | { readonly id: number; readonly kind: 'abort' }

/** The end of a request; `error` has the members of nodemailer's error that the caller reads. */
export interface SmtpReply {
  readonly id: number
  readonly error: SmtpError | null
}

export interface SmtpError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
  readonly responseCode: number | undefined
  readonly permanent: boolean | undefined
}

// This file is started with these data only.
const { settings, from } = workerData as SmtpWorkerData
const transport = createSmtpTransport(settings, from)
const aborts = new Map<number, AbortController>()

parentPort?.on('message', (request: SmtpRequest) => {
  if (request.kind === 'abort') aborts.get(request.id)?.abort()
  else void answer(request)
})

async function answer({ id, kind, message }: Exclude<SmtpRequest, { kind: 'abort' }>) {
  const abort = new AbortController()
  aborts.set(id, abort)
  try {
    if (kind === 'send') await transport.send(message, abort.signal)
    else await transport.rehearse(message)
    reply({ id, error: null })
  } catch (error) {
    reply({ id, error: describe(error) })
  } finally {
    aborts.delete(id)
  }
}

const reply = (answered: SmtpReply) => parentPort?.postMessage(answered)

function describe(thrown: unknown): SmtpError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { name, message, stack, code, responseCode, permanent }: Partial<SmtpError> & Error = error
  return {
    name,
    message,
    stack,
    code: typeof code === 'string' ? code : undefined,
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
    permanent: typeof permanent === 'boolean' ? permanent : undefined,
  }
}
