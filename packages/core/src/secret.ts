import { InvalidInputError } from './errors.js'
import { checkText } from './text.js'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/**
 * A text that must not reach a log, an error or a response by accident: it prints `[redacted]` in
 * templates, in JSON and under `util.inspect`. Only {@link Secret.reveal} gives the text.
 */
export abstract class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Returns the secret text. Every call is a place where the secret can leak, so call it rarely. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect](): string {
    return '[redacted]'
  }
}

/** The text that a browser or a client holds for a session. Shown once, when the session is opened. */
export class SessionToken extends Secret {
  declare readonly kind: 'SessionToken'
}

/** The text that a browser holds between its first and its second factor. It opens nothing by itself. */
export class PendingToken extends Secret {
  declare readonly kind: 'PendingToken'
}

/**
 * A password hash, as a PHC string such as `$argon2id$v=19$…`. Attackers can test guesses against it, so it is a
 * secret.
 */
export class PasswordHash extends Secret {
  declare readonly kind: 'PasswordHash'

  /** @throws InvalidInputError unless the text has 1 to 512 bytes that PostgreSQL can hold */
  constructor(text: string) {
    super(checkText(text, 'hash', { bytes: 512 }))
    if (text === '') throw new InvalidInputError('hash', 'must not be empty')
  }
}
