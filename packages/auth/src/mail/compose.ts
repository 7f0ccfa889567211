import { layOut } from './layout.js'
import type { MessageContent, MessageContext, RenderedMessage } from './messages.js'
import { oneLine } from './text.js'

/** Renders a message in the built-in layout, as text and as HTML. */
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

/** The link has its own line, so that no mail program includes a full stop in it. */
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
