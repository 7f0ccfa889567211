/** Markup that is safe to send, since only {@link html} creates it. */
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

/** A value in a template: text is escaped, markup is inserted as it is, null and false are empty. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[]

/**
 * A template of HTML. It escapes every text for elements and quoted attributes. Never insert text into a
 * script, a style or an attribute without quotes.
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
