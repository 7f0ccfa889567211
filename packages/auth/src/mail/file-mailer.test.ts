import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { afterAll, test } from 'vitest'
import { fileMailer } from './file-mailer.js'
import type { MailMessage } from './message.js'
import { sampleMessage } from './samples.test.support.js'

const root = await mkdtemp(join(tmpdir(), 'torii-mail-'))
afterAll(() => rm(root, { recursive: true }))

let folders = 0
const from = 'Acme Books <no-reply@acme.example>'

/** Writes into a folder that is not there yet, and reads what is in it then. */
async function write(changes: Partial<MailMessage> = {}, sender: string | object = from) {
  const directory = join(root, 'deep', String(++folders))
  const message = await sampleMessage(changes)
  await fileMailer({ directory, from: sender as string }).send(message)
  const files = await readdir(directory)
  const [file] = files
  assert.ok(file !== undefined && files.length === 1)
  const path = join(directory, file)
  const source = await readFile(path, 'utf8')
  return { directory, path, file, message, source, mail: await simpleParser(source) }
}

test('a message becomes one file that a mail program reads', async () => {
  const { file, mail, message, source } = await write()
  assert.match(file, /^\d{8}T\d{9}Z-magic_link-[0-9a-f]{32}\.eml$/)
  assert.equal(mail.subject, message.subject)
  assert.equal(mail.text, message.text)
  assert.equal(mail.html, message.html)
  assert.equal(mail.messageId, `<${message.id}@acme.example>`)
  assert.equal(mail.headers.get('x-torii-message'), 'magic_link')
  assert.deepEqual(mail.from?.value, [{ name: 'Acme Books', address: 'no-reply@acme.example' }])
  assert.ok(Math.abs((mail.date?.getTime() ?? 0) - Date.now()) < 60_000)
  // Whoever opens the file, or searches it, finds the link in one piece.
  assert.match(source, /^https:\/\/app\.example\/auth\/magic-link\?token=abc_DEF-123\r$/m)
})

test('an attempt that was aborted leaves no file', async () => {
  const directory = join(root, 'deep', String(++folders))
  const aborted = { signal: AbortSignal.abort() }
  const sent = fileMailer({ directory, from }).send(await sampleMessage(), aborted)
  await assert.rejects(sent, { name: 'AbortError' })
  assert.deepEqual(await readdir(directory), [])
})

test('only its owner may read the file and the folder', {
  skip: process.platform === 'win32',
}, async () => {
  const { directory, path } = await write()
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await stat(directory)).mode & 0o777, 0o700)
})

test('letters of every script, and lines of any length, come back as they were', async () => {
  const long = `<p>${'ü&#34;'.repeat(400)}</p>`
  const subject = `Grüße 🌍 ${'длинная строка '.repeat(12)}`.trim()
  const changes = { subject, text: 'Ünï 🌍\n\n.\n', html: long, to: 'Ada@bücher.example' }
  const { mail, source } = await write(changes, { name: 'Bücher "& \\Co"', address: 'a@b.example' })
  assert.equal(mail.subject, subject)
  assert.equal(mail.text, changes.text)
  assert.equal(mail.html, long)
  assert.deepEqual(mail.from?.value, [{ name: 'Bücher "& \\Co"', address: 'a@b.example' }])
  assert.match(source, /^To: Ada@xn--bcher-kva\.example\r$/m)
  for (const line of source.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 998)
})

test('what looks like an encoded word stays what it is', async () => {
  const { mail } = await write(
    { subject: '=?utf-8?B?SGFjaw==?=' },
    '"=?utf-8?B?SGFjaw==?=" <a@b.example>',
  )
  assert.equal(mail.subject, '=?utf-8?B?SGFjaw==?=')
  assert.equal(mail.from?.value[0]?.name, '=?utf-8?B?SGFjaw==?=')
})

test('fifty messages at once are fifty files with names of their own, and none unfinished', async () => {
  const directory = join(root, 'many')
  const mailer = fileMailer({ directory, from })
  const message = await sampleMessage()
  await Promise.all(Array.from({ length: 50 }, () => mailer.send(message)))
  const files = await readdir(directory)
  assert.equal(files.length, 50)
  assert.equal(new Set(files.map((file) => file.slice(-36, -4))).size, 50)
  assert.ok(files.every((file) => file.endsWith('.eml')))
})

test('a folder that cannot be made is an error, and nothing is left behind', async () => {
  const file = join(root, 'a-file')
  await writeFile(file, '')
  await assert.rejects(fileMailer({ directory: file, from }).send(await sampleMessage()), {
    code: 'EEXIST',
  })
})

test('T3.45 one recipient and one line a header: refused otherwise, and no file', async () => {
  const directory = join(root, 'refused')
  const mailer = fileMailer({ directory, from })
  for (const changes of [
    { to: 'ada@example.com\r\nBcc: eve@example.net' },
    { to: 'ada@example.com,eve@example.net' },
    { subject: 'Hi\r\nBcc: eve@example.net' },
    { headers: { 'X-A': 'b\r\nBcc: eve@example.net' } },
  ])
    await assert.rejects(mailer.send(await sampleMessage(changes)), InvalidInputError)
  await assert.rejects(readdir(directory), { code: 'ENOENT' })
})

test('the sender is read in every usual form', async () => {
  const forms: readonly (readonly [string | object, string, string])[] = [
    ['no-reply@acme.example', '', 'no-reply@acme.example'],
    ['<no-reply@acme.example>', '', 'no-reply@acme.example'],
    ['"Acme, Inc." <no-reply@acme.example>', 'Acme, Inc.', 'no-reply@acme.example'],
    [{ name: 'A "B" \\C', address: 'a@b.example' }, 'A "B" \\C', 'a@b.example'],
    ['Torii <torii@localhost>', 'Torii', 'torii@localhost'],
    [{ address: 'a@bücher.example' }, '', 'a@bücher.example'],
  ]
  for (const [sender, name, address] of forms)
    assert.deepEqual((await write({}, sender)).mail.from?.value, [{ name, address }])
})

test('options that cannot work are refused by their name', () => {
  assert.throws(() => fileMailer({ directory: '', from }), InvalidOptionsError)
  assert.throws(() => fileMailer({ directory: root, from: 'Acme' }), /option from:/)
})
