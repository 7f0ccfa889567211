import type { DiagnosticsChannel } from 'torii-core'

/** Ends what began it. */
export type Stop = () => void

/** Calls `listener` with every message, until it is stopped. */
export function listen<Message>(
  channel: DiagnosticsChannel<Message>,
  listener: (message: Message) => void,
): Stop {
  channel.subscribe(listener)
  return () => {
    channel.unsubscribe(listener)
  }
}
