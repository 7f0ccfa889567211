/** A word in braces, in whose place a value goes. */
export const placeholder = /\{([A-Za-z]+)\}/g

/** Puts values in the places of the words in braces. Values are not searched again; unknown words stay. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(placeholder, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  )
