import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressObject } from 'mailparser'
import { simpleParser } from 'mailparser'
import { afterAll } from 'vitest'
import type { Mailer, MessageKind } from '../index.js'
import { fileMailer } from '../index.js'

/** A message as it arrived. */
export interface ReceivedMail {
  readonly kind: string
  readonly to: string
  readonly subject: string
  readonly text: string
  /** The token in its link, or '' where it has none. */
  readonly token: string
}

/** A mailbox for everybody, in a folder of its own. */
export interface TestMailbox {
  readonly mailer: Mailer
  /** What has arrived for the address since the last call, oldest first. Call after `torii.settled()`. */
  take(to: string): Promise<readonly ReceivedMail[]>
  /** The one message that has arrived since; fails for none, for several and for another kind. */
  takeOne(to: string, kind: MessageKind): Promise<ReceivedMail>
}

/** Mail goes through the file mailer and is read back by an independent parser. */
export async function openMailbox(): Promise<TestMailbox> {
  const directory = await mkdtemp(join(tmpdir(), 'torii-mail-'))
  // A message may still be on its way in when the last test has ended.
  afterAll(() => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))
  const taken = new Set<string>()
  const all = async () => {
    const names = (await readdir(directory)).filter((name) => !taken.has(name)).sort()
    return Promise.all(
      names.map(async (name) => ({ name, mail: await read(join(directory, name)) })),
    )
  }
  const take = async (to: string) => {
    const mine = (await all()).filter(({ mail }) => mail.to === to)
    for (const { name } of mine) taken.add(name)
    return mine.map(({ mail }) => mail)
  }
  return {
    mailer: fileMailer({ directory, from: 'torii@app.example' }),
    take,
    async takeOne(to, kind) {
      const [mail, ...more] = await take(to)
      assert.deepEqual(
        [mail, ...more].map((one) => one?.kind),
        [kind],
      )
      assert.ok(mail !== undefined)
      return mail
    },
  }
}

async function read(path: string): Promise<ReceivedMail> {
  const mail = await simpleParser(await readFile(path))
  const text = mail.text ?? ''
  return {
    kind: String(mail.headers.get('x-torii-message')),
    to: (mail.to as AddressObject).value[0]?.address ?? '',
    subject: mail.subject ?? '',
    text,
    token: /\?token=(\S+)/.exec(text)?.[1] ?? '',
  }
}
