import { englishMessages } from './english.js'
import type { MailMessage, MessageKind } from './message.js'
import { headersOf } from './message.js'
import type { MessageContext, MessageFacts, Messages, RenderedMessage } from './messages.js'

export const app: MessageContext['app'] = { name: 'Acme Books', url: 'https://app.example' }
export const to = 'ada@example.com'

const link = (route: string) => `https://app.example/auth/${route}?token=abc_DEF-123`

/** One of each kind, with a text of someone's choice wherever someone has one. */
export const factsWith = (chosen: string): MessageFacts => ({
  magic_link: { link: link('magic-link'), lifetimeSeconds: 600, code: '01234567' },
  verify_email: { link: link('email/verify'), lifetimeSeconds: 86_400 },
  reset_password: { link: link('password/reset'), lifetimeSeconds: 1800 },
  change_email: { link: link('email/change'), lifetimeSeconds: 3600 },
  already_registered: {},
  password_changed: { name: chosen },
  email_changed: { name: chosen, newEmail: chosen },
  new_sign_in: { name: chosen, at: new Date(0), ip: chosen, userAgent: chosen },
  account_linked: { name: chosen, provider: chosen },
  passkey_added: { name: chosen, passkey: chosen },
  second_factor_added: {
    name: chosen,
    undo: { link: link('second-factors/undo'), lifetimeSeconds: 604_800 },
  },
  second_factor_removed: { name: chosen, passkeys: false },
  recovery_code_used: { name: chosen, remaining: 9 },
  enrollment_code: { name: chosen, code: '01234567', lifetimeSeconds: 600 },
  sign_in_incomplete: { name: chosen, at: new Date(0), ip: chosen, userAgent: chosen },
})

export async function render<Kind extends MessageKind>(
  messages: Messages,
  kind: Kind,
  facts: MessageFacts[Kind],
  context: Partial<MessageContext> = {},
): Promise<RenderedMessage> {
  return messages[kind]({ ...facts, app, to, ...context })
}

/** A message ready to hand to a mailer. */
export async function sampleMessage(changes: Partial<MailMessage> = {}): Promise<MailMessage> {
  const kind = 'magic_link'
  const rendered = await render(englishMessages, kind, factsWith('Ada').magic_link)
  const id = '0190f000-0000-4000-8000-000000000000'
  const expiresAt = new Date('2030-01-01T00:00:00Z')
  return { id, kind, to, expiresAt, headers: headersOf(kind), ...rendered, ...changes }
}
