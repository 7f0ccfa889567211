import { TOTP, URI } from 'otpauth'

/** An authenticator application that has read a QR code. The codes come from a library that others wrote. */
export class AuthenticatorApp {
  readonly #totp: TOTP

  constructor(uri: string) {
    const parsed = URI.parse(uri)
    if (!(parsed instanceof TOTP)) throw new Error('not the URI of a TOTP secret')
    this.#totp = parsed
  }

  get issuer(): string {
    return this.#totp.issuer
  }

  get label(): string {
    return this.#totp.label
  }

  /** The secret, to type. */
  get secret(): string {
    return this.#totp.secret.base32
  }

  /** The code that it shows so many time steps from now. */
  code(steps = 0): string {
    return this.#totp.generate({ timestamp: Date.now() + steps * 30_000 })
  }

  /** A code that is wrong now, and two steps before and after. */
  wrongCode(): string {
    const right = new Set(Array.from({ length: 5 }, (_, index) => this.code(index - 2)))
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find(
      (code) => !right.has(code),
    ) as string
  }
}
