import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MailMessage } from 'torii-auth'
import { test } from 'vitest'
import { createMailbox, maxMessages, openMail } from './mail.js'

const here = { baseUrl: 'http://localhost:3000', boundAddress: '127.0.0.1' }
const onTheWeb = { baseUrl: 'https://app.example', boundAddress: '127.0.0.1' }
const nothing = { smtpUrl: null, directory: null, from: 'torii@app.example' }

test('on localhost mail goes to the mailbox, and to the folder if there is one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'torii-mail-'))
  try {
    const { mailer, mailbox } = openMail({ ...nothing, directory }, here)
    await mailer?.send({
      id: 'an-id',
      kind: 'magic_link',
      to: 'ada@example.com',
      subject: 'Sign in',
      text: 'text',
      html: '<p>text</p>',
      expiresAt: new Date('2030-01-01T00:00:00Z'),
      headers: {},
    })
    assert.deepEqual(
      mailbox?.map(({ subject }) => subject),
      ['Sign in'],
    )
    assert.match((await readdir(directory)).join(), /^[^,]*-magic_link-[^,]*\.eml$/)
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('with a mail server all mail goes there, and a public site has no mailbox', () => {
  const overSmtp = openMail({ ...nothing, smtpUrl: 'smtp://127.0.0.1:1' }, here)
  assert.ok(overSmtp.mailer !== null)
  assert.equal(overSmtp.mailbox, null)
  assert.deepEqual(openMail(nothing, onTheWeb), { mailer: null, mailbox: null })
  const intoFiles = openMail({ ...nothing, directory: 'mail' }, onTheWeb)
  assert.ok(intoFiles.mailer !== null)
  assert.equal(intoFiles.mailbox, null)
})

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
  const { mailer, mailbox } = createMailbox()
  for (let n = 1; n <= maxMessages + 2; n += 1) await mailer.send(message(`number ${n}`))
  assert.equal(mailbox.length, maxMessages)
  assert.equal(mailbox[0]?.subject, `number ${maxMessages + 2}`)
  assert.equal(mailbox.at(-1)?.subject, 'number 3')
})

test('a message that cannot be written to the folder is not delivered', async () => {
  const { mailer, mailbox } = createMailbox({ send: () => Promise.reject(new Error('disk full')) })
  await assert.rejects(mailer.send(message('lost')), /disk full/)
  assert.deepEqual(mailbox, [])
})
