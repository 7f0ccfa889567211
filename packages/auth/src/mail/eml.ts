import type { MailMessage } from './message.js'
import type { Sender } from './sender.js'
import { asciiAddress, messageIdOf } from './sender.js'

/** RFC 5322 section 2.1.1: a line has at most 998 octets before its end. */
const maxLineBytes = 998
/** RFC 2047 section 2: an encoded word has at most 75 characters, 12 of which are `=?utf-8?B?` and `?=`. */
const maxWordBytes = 45

/** Formats a message as an `.eml` file with text and HTML. */
export function formatEml(message: MailMessage, from: Sender, date: Date): string {
  const boundary = `torii-${message.id}`
  const lines = [
    `From: ${from.name === null ? from.address : `${phrase(from.name)} <${from.address}>`}`,
    `To: ${asciiAddress(message.to)}`,
    `Subject: ${unstructured(message.subject)}`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageIdOf(message, from)}`,
    ...Object.entries(message.headers).map(([name, value]) => `${name}: ${unstructured(value)}`),
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...part('plain', message.text),
    `--${boundary}`,
    ...part('html', message.html),
    `--${boundary}--`,
    '',
  ]
  return lines.join('\r\n')
}

/** Uses 8bit, so that the link is readable in the file, or base64 if a line is too long. */
function part(subtype: string, content: string): readonly string[] {
  const body = content.replace(/\r\n|\r|\n/g, '\r\n')
  const plain =
    !body.includes('\0') &&
    body.split('\r\n').every((line) => Buffer.byteLength(line) <= maxLineBytes)
  return [
    `Content-Type: text/${subtype}; charset=utf-8`,
    `Content-Transfer-Encoding: ${plain ? '8bit' : 'base64'}`,
    '',
    plain ? body : base64Lines(body),
  ]
}

const base64Lines = (text: string): string =>
  (
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n')

/** Formats a display name: quoted, or as encoded words. */
const phrase = (name: string): string =>
  isPlainAscii(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : encodedWords(name)

const unstructured = (text: string): string => (isPlainAscii(text) ? text : encodedWords(text))

/** Whether the text fits on one line and cannot be taken for an encoded word. */
const isPlainAscii = (text: string): boolean => /^[ -~]{0,200}$/.test(text) && !text.includes('=?')

/** Encodes a text as words of whole characters, one per line. Whitespace between them is not shown. @see RFC 2047 */
function encodedWords(text: string): string {
  const words: string[] = []
  let word = ''
  for (const character of text) {
    if (Buffer.byteLength(word + character) > maxWordBytes) {
      words.push(word)
      word = ''
    }
    word += character
  }
  words.push(word)
  return words.map((text) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`).join('\r\n ')
}
