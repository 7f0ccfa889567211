import { layOut } from './layout.js'
import type { MessageContext, RenderedMessage } from './messages.js'
import { oneLine } from './text.js'

/** What a message says, in the order in which it is read. Plain text: nothing in it is markup. */
export interface MessageContent {
  /** The language it is written in, as in the HTML attribute `lang`. */
  readonly language: string
  readonly subject: string
  readonly heading: string
  /** Before the link. */
  readonly paragraphs: readonly string[]
  /** The one link. `hint` stands above its address for whom the button does not work; null for no address. */
  readonly action: { readonly label: string; readonly url: string; readonly hint: string | null }
  /** Digits to type, and the line above them. */
  readonly code?: { readonly hint: string; readonly digits: string } | null
  /** Facts as label and value. */
  readonly details?: readonly (readonly [label: string, value: string])[]
  /** After the link: what to do when this was somebody else. */
  readonly notes: readonly string[]
}

/** Writes a message in the built-in look, as text and as HTML. */
export function composeMessage(
  app: MessageContext['app'],
  content: MessageContent,
): RenderedMessage {
  const clean: MessageContent = {
    ...content,
    subject: oneLine(content.subject),
    heading: oneLine(content.heading),
    paragraphs: content.paragraphs.map(oneLine),
    details: (content.details ?? []).map(([label, value]) => [oneLine(label), oneLine(value)]),
    notes: content.notes.map(oneLine),
  }
  const name = oneLine(app.name)
  return { subject: clean.subject, text: asText(name, clean), html: layOut(name, clean) }
}

/** The link has a line of its own, so that no mail program takes a full stop along. */
function asText(appName: string, content: MessageContent): string {
  const { heading, paragraphs, details = [], action, code, notes } = content
  const blocks = [
    heading,
    ...paragraphs,
    details.map(([label, value]) => `${label}: ${value}`).join('\n'),
    action.url,
    code ? `${code.hint}\n${code.digits}` : '',
    ...notes,
    `-- \n${appName}`,
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}
