/** The value if it is a string, else null. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** The members of an object of the provider's JSON; of any other value none. */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> => Object(value)
