import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InvalidOptionsError } from 'torii-core'
import { formatEml } from './eml.js'
import type { Mailer } from './message.js'
import type { SenderOption } from './sender.js'
import { checkMessage, resolveSender } from './sender.js'

/** Where a developer finds the messages. */
export interface FileMailerOptions {
  /** Made when it is not there, readable by its owner only. */
  readonly directory: string
  /** For example `Acme Books <no-reply@acme.example>`. */
  readonly from: SenderOption
}

/**
 * A mailer for development: each message becomes one `.eml` file, which mail programs and editors open.
 * The names sort by time, cannot be guessed, and appear only when the file is complete; nobody else on
 * the machine may read it, since it holds a link that signs in.
 * @throws InvalidOptionsError
 */
export function fileMailer({ directory, from }: FileMailerOptions): Mailer {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0'))
    throw new InvalidOptionsError('directory', 'must be the path of a folder')
  const folder = resolve(directory)
  const sender = resolveSender(from)
  return {
    async send(message) {
      checkMessage(message)
      const date = new Date()
      const time = date.toISOString().replace(/[-:.]/g, '')
      const name = `${time}-${message.kind}-${randomBytes(16).toString('hex')}`
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeWhole(join(folder, name), formatEml(message, sender, date))
    },
  }
}

/** Whoever watches the folder sees the file with its whole content or not at all. */
async function writeWhole(path: string, content: string): Promise<void> {
  const unfinished = `${path}.part`
  try {
    await writeFile(unfinished, content, { flag: 'wx', mode: 0o600 })
    await rename(unfinished, `${path}.eml`)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
