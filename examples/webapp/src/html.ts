/** Markup that is safe to send: made by {@link html} and nothing else. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  /** For {@link html} alone. */
  static join(parts: readonly string[], values: readonly HtmlValue[]): Html {
    const between = values.map(markupOf)
    return new Html(parts.map((part, index) => part + (between[index] ?? '')).join(''))
  }

  toString(): string {
    return this.#text
  }
}

/** What a template takes: text is escaped, markup and lists go in as they are, null and false are nothing. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[]

/**
 * A template of HTML. Every text put into it is escaped, so it stays text in an element and in a quoted
 * attribute; put none into a script, a style or an attribute without quotes.
 */
export const html = (parts: TemplateStringsArray, ...values: HtmlValue[]): Html =>
  Html.join(parts, values)

function markupOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value))
  return value.map(markupOf).join('')
}

const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
