const methods: Readonly<Record<string, string>> = {
  password: 'password',
  magic_link: 'magic link',
  oauth: 'connected account',
  passkey: 'passkey',
  totp: 'authenticator app',
  recovery_code: 'recovery code',
}

/** The name of a sign-in method or a second factor. */
export const methodName = (method: string): string => methods[method] ?? method.replaceAll('_', ' ')

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** `one('session', 2)` reads "2 sessions". */
export const count = (noun: string, number: number): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
