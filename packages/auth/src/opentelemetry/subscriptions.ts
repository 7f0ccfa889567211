import { diag } from '@opentelemetry/api'
import type { DiagnosticsChannel } from 'torii-core'

/** Ends what began it. */
export type Stop = () => void

/**
 * Calls `listener` with every message, until it is stopped. What it throws, for example because of a sampler of the
 * application, goes to the diagnostics of OpenTelemetry: Node.js would end the process.
 */
export function listen<Message>(
  channel: DiagnosticsChannel<Message>,
  listener: (message: Message) => void,
): Stop {
  const safe = (message: Message) => {
    try {
      listener(message)
    } catch (error) {
      diag.error('torii-auth: recording failed', error)
    }
  }
  channel.subscribe(safe)
  return () => {
    channel.unsubscribe(safe)
  }
}
