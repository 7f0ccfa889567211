import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

/** About a millisecond of work. */
const roundsAtOnce = 512

/** The alphabet of crypt(3). */
export const crypt64 = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** MD5 in many rounds, as WordPress and phpBB hash: returns the last 22 characters of what they store. */
export async function phpass(password: Buffer, salt: Buffer, rounds: number): Promise<string> {
  let digest = hash('md5', Buffer.concat([salt, password]), 'buffer')
  for (let round = 1; round <= rounds; round += 1) {
    digest = hash('md5', Buffer.concat([digest, password]), 'buffer')
    if (round % roundsAtOnce === 0) await setImmediate()
  }
  return encode(digest)
}

/** Six bits a character, the lowest ones of three bytes first. */
function encode(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const group = bytes.subarray(at, at + 3)
    const value = group.reduce((sum, byte, index) => sum + byte * 256 ** index, 0)
    for (let index = 0; index <= group.length; index += 1)
      text += crypt64.charAt((value >> (6 * index)) & 63)
  }
  return text
}
