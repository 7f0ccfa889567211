import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

// What was secret in a run, and the search for it in whatever anybody could read afterwards.

/** Every secret that was issued, by what it is; as bytes, whatever text it was handed out as. */
export const secrets = new Map<string, Buffer>()

/** Notes a secret of this name, 32 random bytes unless it is given. */
export function issue(name: string, bytes: Buffer = randomBytes(32)): Buffer {
  secrets.set(name, bytes)
  return bytes
}

/** The text as it travels, and the secret half alone. */
export function issueToken(name: string, token: string): void {
  issue(name, Buffer.from(token))
  issue(
    `${name}, secret half`,
    Buffer.from(token.slice('torii_s_'.length), 'base64url').subarray(32),
  )
}

/** Everything that a logger could make of a value. */
export const writingsOf = (value: unknown): string[] => [
  inspect(value, { depth: null, showHidden: true, getters: true }),
  inspect(value, { depth: null, customInspect: false }),
  JSON.stringify(value) ?? '',
  String(value),
]

/** The names of the secrets that some bytes hold, as they are or in hex, base64 or base64url. */
export function foundIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').toLowerCase()
  return [...secrets].flatMap(([name, secret]) => {
    const found =
      bytes.includes(secret) ||
      text.includes(secret.toString('hex')) ||
      base64Of(secret).some((part) => bytes.includes(part))
    return found ? [name] : []
  })
}

/** What base64 of any text around the secret holds, at each of the three ways it can be aligned. */
const base64Of = (secret: Buffer): string[] =>
  [0, 1, 2].flatMap((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), secret])
    const whole = (padded.length - (padded.length % 3)) / 3
    const first = shift === 0 ? 0 : 4
    return [
      padded.toString('base64').slice(first, whole * 4),
      padded.toString('base64url').slice(first, whole * 4),
    ]
  })
