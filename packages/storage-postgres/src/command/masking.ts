/** What stands for a secret in a message. */
const mask = '***'

/**
 * Returns a function that removes these secrets from a message: the password of the database URL as it is written and as
 * it is decoded, and the password of any other URL.
 */
export function createMask(url: string | undefined): (text: string) => string {
  const secrets = passwordsOf(url ?? '')
  return (text) =>
    secrets
      .reduce((masked, secret) => masked.replace(asWord(secret), mask), text)
      .replace(/(\w:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${mask}@`)
}

/** A short password can be a part of many words, which stay. */
const asWord = (secret: string): RegExp =>
  new RegExp(`(?<!\\w)${secret.replace(/[^\w\s]/g, '\\$&')}(?!\\w)`, 'g')

function passwordsOf(url: string): string[] {
  const written = /^\w+:\/\/[^/?#:@]*:(.*)@/s.exec(url)?.[1] ?? ''
  const parameter = /[?&]password=([^&#]*)/.exec(url)?.[1] ?? ''
  return [written, parameter].flatMap((each) =>
    each === '' ? [] : [...new Set([each, decoded(each)])],
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
