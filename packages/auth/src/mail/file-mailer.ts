import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InvalidOptionsError, unknownOption } from 'torii-core'
import { formatEml } from './eml.js'
import type { Mailer } from './message.js'
import type { SenderOption } from './sender.js'
import { checkMessage, resolveSender } from './sender.js'

/** The options of {@link fileMailer}. */
export interface FileMailerOptions {
  /** The folder for the messages. It is created if necessary, readable by its owner only. */
  readonly directory: string
  /** For example `Acme Books <no-reply@acme.example>`. */
  readonly from: SenderOption
}

/**
 * Creates a mailer for development, which writes each message as an `.eml` file that mail programs and editors open.
 * File names sort by time, cannot be guessed, and appear only when the file is complete. Other users of the machine
 * cannot read the files, since they contain links that sign in.
 * @throws InvalidOptionsError
 */
export function fileMailer({ directory, from, ...others }: FileMailerOptions): Mailer {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw unknownOption(unknown, ['directory', 'from'])
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0'))
    throw new InvalidOptionsError('directory', 'must be the path of a folder')
  const folder = resolve(directory)
  const sender = resolveSender(from)
  return {
    async send(message, { signal } = {}) {
      checkMessage(message)
      const date = new Date()
      const time = date.toISOString().replace(/[-:.]/g, '')
      const name = `${time}-${message.kind}-${randomBytes(16).toString('hex')}`
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeWhole(join(folder, name), formatEml(message, sender, date), signal)
    },
  }
}

/**
 * Writes the file under a temporary name first, so that readers see it complete or not at all. An attempt that was aborted
 * leaves no file: the message is sent again.
 */
async function writeWhole(
  path: string,
  content: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const unfinished = `${path}.part`
  try {
    await writeFile(unfinished, content, { flag: 'wx', mode: 0o600 })
    signal?.throwIfAborted()
    await rename(unfinished, `${path}.eml`)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
