import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of every secret that torii-auth draws. */
export const secretBytes = 32

let files = 0

/** Lets this process, and the processes that it starts from now on, note their secrets in a new file of the run. */
export function beginSecretsFile(): void {
  const directory = process.env.TORII_TEST_SECRETS
  if (directory === undefined) return
  files += 1
  process.env.TORII_TEST_SECRETS_FILE = join(directory, `${process.pid}-${files}`)
}

/** The secrets that the calling test file, and the processes it started, have drawn so far. */
export function secretsOfThisFile(): Buffer[] {
  const file = process.env.TORII_TEST_SECRETS_FILE
  return file === undefined ? [] : secretsIn(file)
}

/** The secrets that all files of a run have drawn. */
export const secretsOfRun = (directory: string): Buffer[] =>
  readdirSync(directory)
    .filter((name) => /^\d+-\d+$/.test(name))
    .flatMap((name) => secretsIn(join(directory, name)))

function secretsIn(file: string): Buffer[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'hex'))
}

/** Looks for secrets in text, in every writing: hex, base64 and base64url however aligned, and those as hex. */
export interface SecretSearch {
  /** How many of the secrets the text holds. */
  count(text: string): number
}

/** Characters by which a writing is found before it is compared. */
const keyLength = 16

export function createSecretSearch(secrets: readonly Buffer[]): SecretSearch {
  const writings = new Map<string, { readonly rest: string; readonly secret: number }[]>()
  for (const [secret, bytes] of secrets.entries())
    for (const writing of writingsOf(bytes)) {
      const key = writing.slice(0, keyLength)
      const rest = writing.slice(keyLength)
      writings.set(key, [...(writings.get(key) ?? []), { rest, secret }])
    }
  return {
    count(text) {
      const found = new Set<number>()
      if (writings.size === 0) return 0
      for (let from = 0; from + keyLength <= text.length; from += 1)
        for (const { rest, secret } of writings.get(text.slice(from, from + keyLength)) ?? [])
          if (text.startsWith(rest, from + keyLength)) found.add(secret)
      return found.size
    },
  }
}

function writingsOf(secret: Buffer): Set<string> {
  const aligned = [0, 1, 2].flatMap((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), secret])
    const whole = padded.subarray(0, padded.length - (padded.length % 3))
    const first = shift === 0 ? 0 : 4
    return [whole.toString('base64').slice(first), whole.toString('base64url').slice(first)]
  })
  const texts = [secret.toString('hex'), ...aligned]
  // A column of bytes is read as hex, also where the bytes are such a text.
  return new Set([...texts, ...texts.map((text) => Buffer.from(text).toString('hex'))])
}
