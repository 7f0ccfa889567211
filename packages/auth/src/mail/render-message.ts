import type { MailMessage, MessageKind } from './message.js'
import { headersOf } from './message.js'
import type { MessageData, Messages } from './messages.js'
import { oneLine } from './text.js'

/** A message to render: its kind, its recipient and the data of its kind. */
interface Rendering<Kind extends MessageKind> {
  readonly id: string
  readonly kind: Kind
  readonly to: string
  readonly expiresAt: Date
  readonly messages: Messages
  readonly data: MessageData<Kind>
}

/** Renders a message by the application's functions. @throws TypeError if one returns no message */
export async function renderMessage<Kind extends MessageKind>({
  id,
  kind,
  to,
  expiresAt,
  messages,
  data,
}: Rendering<Kind>): Promise<MailMessage> {
  const { subject, text, html } = await messages[kind](data)
  for (const part of [subject, text, html])
    if (typeof part !== 'string') throw new TypeError('a message needs subject, text and html')
  return Object.freeze({
    id,
    kind,
    to,
    // The application's function may have included a name.
    subject: oneLine(subject),
    text,
    html,
    expiresAt,
    headers: headersOf(kind),
  })
}
