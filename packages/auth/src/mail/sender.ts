import { domainToASCII } from 'node:url'
import { canonicalEmail, InvalidInputError, InvalidOptionsError } from 'torii-core'
import type { MailMessage } from './message.js'

/** The sender of a message. */
export interface Sender {
  /** The display name; null for the address alone. */
  readonly name: string | null
  readonly address: string
}

/** `Acme Books <no-reply@acme.example>`, `no-reply@acme.example`, or name and address. */
export type SenderOption = string | { readonly name?: string | null; readonly address: string }

/**
 * Reads the option `from` of a mailer: one address, with or without a name before it.
 * @throws InvalidOptionsError
 */
export function resolveSender(value: unknown): Sender {
  const { name, address } = partsOf(value)
  if (typeof address !== 'string' || !isAddress(address))
    throw new InvalidOptionsError(
      'from',
      'must be one address, like "Acme Books <no-reply@acme.example>"',
    )
  if (name === null) return Object.freeze({ name: null, address: asciiAddress(address) })
  if (typeof name !== 'string' || /[\p{Cc}\p{Surrogate}]/u.test(name) || name.length > 200)
    throw new InvalidOptionsError(
      'from',
      'must have a name of at most 200 characters without control characters',
    )
  return Object.freeze({ name, address: asciiAddress(address) })
}

function partsOf(value: unknown): { name: unknown; address: unknown } {
  if (typeof value === 'string') {
    const named = /^\s*(?:"([^"\\]*)"|([^"<>@,;]*?))\s*<([^<>\s]+)>\s*$/.exec(value)
    if (named === null) return { name: null, address: value.trim() }
    return { name: (named[1] ?? named[2] ?? '').trim() || null, address: named[3] }
  }
  if (typeof value !== 'object' || value === null) return { name: null, address: null }
  const { name, address }: { name?: unknown; address?: unknown } = value
  return { name: name === undefined || name === '' ? null : name, address }
}

/** `localhost` has no dot; it is allowed for development. */
const isAddress = (address: string): boolean =>
  canonicalEmail(address) !== null || /^[A-Za-z0-9._+-]{1,64}@localhost$/.test(address)

/** Converts the domain of an address to ASCII (punycode); the part before the `@` is kept. */
export function asciiAddress(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`
}

/** Returns the Message-ID of a message, the same for each attempt. */
export const messageIdOf = (message: MailMessage, from: Sender): string =>
  `<${message.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`

/**
 * Refuses a message with more than one recipient or a header with more than one line, also if the application wrote it.
 * @throws InvalidInputError
 * @see CVE-2022-35924
 */
export function checkMessage(message: MailMessage): void {
  const { id, to, subject, headers } = message
  if (canonicalEmail(to) === null) throw new InvalidInputError('to', 'must be one email address')
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) throw new InvalidInputError('id', 'must be a UUID')
  const lines = [subject, ...Object.values(headers)]
  if (lines.some((line) => typeof line !== 'string' || /[\p{Cc}\u2028\u2029]/u.test(line)))
    throw new InvalidInputError('subject', 'and headers must each be one line')
  for (const name of Object.keys(headers))
    if (!/^[A-Za-z0-9-]+$/.test(name))
      throw new InvalidInputError('headers', 'must have plain names')
}
