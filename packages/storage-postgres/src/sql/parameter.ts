declare const takes: unique symbol

/** A named parameter of a statement, cast to the PostgreSQL type `type`. */
export interface Parameter<Name extends string, Value> {
  readonly name: Name
  readonly type: string
  /** Whether its value may be null. */
  readonly nullable: boolean
  readonly [takes]?: Value
}

/** SQL that takes the members of `Values` by name. Its parameters have no numbers before it is compiled. */
export interface Sql<Values> {
  readonly parts: readonly (string | Parameter<string, unknown>)[]
  readonly [takes]?: (values: Values) => void
}

/** What a template of {@link sql} may hold: SQL text of our own, a parameter, other SQL. */
export type SqlPart = string | Parameter<string, unknown> | Sql<never>

type ValuesOf<Part> =
  Part extends Parameter<infer Name, infer Value>
    ? { [Key in Name]: Value }
    : Part extends Sql<infer Values>
      ? Values
      : never
type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never
type Flat<Type> = { [Key in keyof Type]: Type[Key] }

/** The values that the parameters in `Parts` ask for, as one object. */
export type ValuesOfParts<Parts extends readonly SqlPart[]> = Flat<
  Intersection<ValuesOf<Parts[number]>>
>

/** Declares a parameter whose value is never null: `parameter('userId', 'uuid')<UserId>()`. */
export const parameter =
  <const Name extends string>(name: Name, type: string) =>
  <Value extends NonNullable<unknown>>(): Parameter<Name, Value> => ({
    name,
    type,
    nullable: false,
  })

/** Declares a parameter whose value may be null: `nullable('ip', 'text')<string>()`. */
export const nullable =
  <const Name extends string>(name: Name, type: string) =>
  <Value extends NonNullable<unknown>>(): Parameter<Name, Value | null> => ({
    name,
    type,
    nullable: true,
  })

/** Composes SQL from text, parameters and other SQL. Never interpolate a value: declare a parameter for it. */
export function sql<const Parts extends readonly SqlPart[]>(
  strings: TemplateStringsArray,
  ...given: Parts
): Sql<ValuesOfParts<Parts>> {
  const parts = strings.flatMap((text, index) => {
    const part = given[index]
    if (part === undefined) return [text]
    return typeof part === 'object' && 'parts' in part ? [text, ...part.parts] : [text, part]
  })
  return { parts }
}
