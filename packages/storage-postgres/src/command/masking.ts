/** What stands for a secret in a message. */
const mask = '***'

/**
 * Returns a function for messages of every kind. It removes the passwords of these URLs, as they are written and as they
 * are decoded, and the password of any other URL. A URL may be malformed.
 */
export function createMask(urls: readonly string[]): (text: string) => string {
  const secrets = [...new Set(urls.flatMap(passwordsOf).flatMap(spellingsOf))]
    .filter((secret) => secret !== '')
    .sort((one, other) => other.length - one.length)
  const known = secrets.length === 0 ? null : new RegExp(secrets.map(occurrence).join('|'), 'g')
  return (text) =>
    maskConnectionUrls(known === null ? text : text.replace(known, mask))
      .replace(/(\w:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${mask}@`)
      .replace(passwordParameter, `$1${mask}`)
}

/** Removes the password of each PostgreSQL URL in a text, up to the last `@`: the password may contain one. */
export const maskConnectionUrls = (text: string): string =>
  text.replace(/\bpostgres(?:ql)?:\/\/\S+/g, (url) =>
    url.replace(/^(\w+:\/\/[^/?#:@]*):.*@/, `$1:${mask}@`).replace(passwordParameter, `$1${mask}`),
  )

/** `password`, `sslpassword`; each letter of the name may be percent-encoded. */
const passwordParameter =
  /([?&](?:ssl)?(?:p|%70)(?:a|%61)(?:s|%73)(?:s|%73)(?:w|%77)(?:o|%6f)(?:r|%72)(?:d|%64)=)[^&#\s]*/gi

/** A short word can be a part of other words, which stay. */
function occurrence(secret: string): string {
  const literal = secret.replace(/[^\w\s]/g, '\\$&')
  return /^\w{1,11}$/.test(secret) ? `(?<!\\w)${literal}(?!\\w)` : literal
}

/** More are no password. */
const mostAtSigns = 16

/** Everything in a URL that can be its password: without percent-encoding an `@`, `/`, `?` or `#` may be a part of it. */
function passwordsOf(url: string): string[] {
  if (url.startsWith('pglite:')) return []
  const [, scheme = '', rest = ''] = /^(\w*(?::\/\/?|\/\/))?(.*)$/s.exec(url) ?? []
  const ends = [...rest.matchAll(/@/g)].map(({ index }) => index)
  const beforeAt = [...ends.slice(0, mostAtSigns), ...ends.slice(-1)].map((end) => {
    const [user, password] = split(rest.slice(0, end))
    // Without a scheme, what stands alone before the @ may be anything.
    return password ?? (scheme === '' ? user : '')
  })
  const withoutHost =
    scheme === '' || ends.length > 0
      ? undefined
      : /^[^/?#:[]*:(?!\d{0,5}(?:[/?#,]|$))([^/?#]+)/.exec(rest)?.[1]
  const parameters = [...url.matchAll(/(?:^|[?&\s])([^=?&\s]+)=([^&\s]*)/g)].flatMap(
    ([, name = '', value = '']) =>
      /password$/i.test(decode(name)) ? [value, value.replace(/#.*/, '')] : [],
  )
  return [...beforeAt, withoutHost ?? '', ...parameters]
}

/** The text before the first colon, and after it. */
function split(text: string): [string, string | undefined] {
  const colon = text.indexOf(':')
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}

/** As it is written, as it is decoded (in parameters, `+` is a space), and as others encode it. */
function spellingsOf(secret: string): string[] {
  const decoded = decode(secret)
  return [secret, decoded, decode(secret.replaceAll('+', ' ')), encode(decoded)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A lone surrogate cannot be encoded. */
function encode(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}
