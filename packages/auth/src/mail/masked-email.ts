/**
 * An address as it may be shown to somebody who need not be its owner: the first character and the domain.
 * `ada@example.com` becomes `a•••@example.com`.
 */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf('@')
  const [first = ''] = email
  return `${first}•••${email.slice(at)}`
}
