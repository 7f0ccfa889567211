import { domainToASCII, domainToUnicode } from 'node:url'
import type { Brand } from './brand.js'
import { invalidValue } from './errors.js'

/**
 * The canonical form of an email address. Two addresses belong to the same account exactly if their forms are equal.
 */
export type EmailKey = Brand<string, 'EmailKey'>

/** RFC 5321 section 4.5.3.1: at most 64 octets before the `@`, and 254 in total. */
const maxLocalBytes = 64
const maxAddressBytes = 254

// RFC 5322 dot-atom: quoted parts, comments and routes are refused, since they can hide a second recipient.
const localForm = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const hidden = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/**
 * Returns the canonical form of an email address, or null if it is invalid. No other function decides which spellings
 * are the same address. Requires printable ASCII before a single `@`, and a domain of at least two labels;
 * lower-cases both, converts international labels to A-labels, and keeps dots and plus tags. Refuses control, space
 * and invisible characters and everything that NFKC would change, so that no look-alike spelling reaches another
 * user's account.
 * @see CVE-2019-19844, CVE-2026-73420, CVE-2022-35924
 */
export function canonicalEmail(address: unknown): EmailKey | null {
  if (typeof address !== 'string' || address.length > maxAddressBytes) return null
  if (hidden.test(address) || address.normalize('NFKC') !== address) return null
  const at = address.indexOf('@')
  if (at < 1 || at !== address.lastIndexOf('@')) return null
  const local = lowerAscii(address.slice(0, at))
  if (local.length > maxLocalBytes || !localForm.test(local)) return null
  const domain = canonicalDomain(address.slice(at + 1))
  if (domain === null) return null
  const key = `${local}@${domain}`
  return key.length > maxAddressBytes ? null : (key as EmailKey)
}

/** Like {@link canonicalEmail}. @throws InvalidInputError for anything but an email address. */
export function requireEmail(address: unknown, field = 'email'): EmailKey {
  const key = canonicalEmail(address)
  if (key === null) throw invalidValue(field, 'must be one email address, like name@example.com')
  return key
}

/** Letters A to Z only: toLowerCase() would also fold the Kelvin sign into k. */
const lowerAscii = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

function canonicalDomain(domain: string): string | null {
  // Percent signs, brackets and the like mean something to a URL parser, never to a mail domain.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return null
  const lower = lowerEach(domain)
  const ascii = domainToASCII(lower)
  const labels = ascii.split('.')
  if (labels.length < 2 || !labels.every((label) => labelForm.test(label))) return null
  if (!isSpelledAs(ascii, [lower, domain])) return null
  // The last label of a name is never all digits; an address of that shape is an IPv4 number.
  return /^[0-9]+$/.test(labels.at(-1) ?? '') ? null : ascii
}

// Lower-cases each character by itself: toLowerCase() of a whole text treats a final sigma differently, IDNA does not.
const lowerEach = (text: string): string => Array.from(text, (char) => char.toLowerCase()).join('')

/**
 * Returns true if IDNA changed only the case of the domain. IDNA also folds look-alikes (U+1C80 into the Cyrillic v,
 * U+1FB3 into two letters) and does so differently from one Unicode version to the next.
 */
function isSpelledAs(ascii: string, spellings: readonly string[]): boolean {
  const labels = domainToUnicode(ascii).split('.')
  return spellings.some((spelling) => {
    const given = spelling.split('.')
    return labels.every(
      (label, index) => label === given[index] || given[index]?.startsWith('xn--'),
    )
  })
}
