/**
 * Masks an email address for readers who may not be its owner: keeps the first character and the domain.
 * `ada@example.com` becomes `a•••@example.com`.
 */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf('@')
  const [first = ''] = email
  return `${first}•••${email.slice(at)}`
}
