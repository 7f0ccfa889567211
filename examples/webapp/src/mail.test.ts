import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { openMail } from './mail.js'

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
      mailbox?.messages().map(({ message }) => message.subject),
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
