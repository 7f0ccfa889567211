import assert from 'node:assert/strict'
import type { MailMessage } from 'torii-auth'
import { test } from 'vitest'
import { createMailbox, maxMessages } from './mailbox.js'

const message = (subject: string): MailMessage => ({
  id: 'an-id',
  kind: 'magic_link',
  to: 'ada@example.com',
  subject,
  text: 'text',
  html: '<p>text</p>',
  expiresAt: new Date('2030-01-01T00:00:00Z'),
  headers: {},
})

test('the newest message is first, and the oldest is dropped when there are too many', async () => {
  const { mailer, messages } = createMailbox()
  for (let n = 1; n <= maxMessages + 2; n += 1) await mailer.send(message(`number ${n}`))
  assert.equal(messages().length, maxMessages)
  assert.equal(messages()[0]?.message.subject, `number ${maxMessages + 2}`)
  assert.equal(messages().at(-1)?.message.subject, 'number 3')
})

test('a message that cannot be written to the folder is not delivered', async () => {
  const { mailer, messages } = createMailbox({ send: () => Promise.reject(new Error('disk full')) })
  await assert.rejects(mailer.send(message('lost')), /disk full/)
  assert.deepEqual(messages(), [])
})
