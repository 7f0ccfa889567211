import { createHash } from 'node:crypto'
import { InvalidInputError } from 'torii-core'
import { withDeadline } from './late-writes.js'
import type { LostReply } from './lost-reply.js'
import type { Parameter, Sql } from './parameter.js'

/** A statement with its text, its prepared name and the order of its parameters fixed once. */
export interface Statement {
  /** `table.operation`, for messages and for {@link preparedName}. */
  readonly name: string
  readonly kind: 'read' | 'write'
  readonly text: string
  /** Name of the server's prepared statement. It changes with the text, so two schemas have two names. */
  readonly preparedName: string
  /** In the order of their numbers. A write takes one value more, the time after which the server refuses it. */
  readonly parameters: readonly Parameter<string, unknown>[]
  /** What a lost reply of a write means; a read is sent again. */
  readonly onLostReply: LostReply | null
  /** How concurrent calls of this statement are answered by one statement, where they can be. */
  readonly batch?: BatchForm
}

/** A {@link Statement} that takes the members of `Values`. */
export interface StatementOf<Values> extends Statement {
  /**
   * The values in the order of the parameters.
   * @throws InvalidInputError for a value that is missing at run time, or null where it must not be
   */
  values(values: Values): unknown[]
}

/** The values of a statement and nothing else: a member too many does not compile, also when it comes from a spread. */
export type Exactly<Values, Given extends Values> = Given & {
  [Extra in Exclude<keyof Given, keyof Values>]: never
}

/** The element types of the arrays that a batch sends. */
export const arrayElements = ['uuid', 'bytea', 'int4', 'float8', 'text'] as const
export type ArrayElement = (typeof arrayElements)[number]

/** A statement that answers many calls of another one. Each of its rows names its call, from 1, as `i`. */
export interface BatchForm {
  readonly statement: Statement
  /** For each array that {@link statement} takes: its element type, and which value of a call it holds. */
  readonly columns: readonly { readonly element: ArrayElement; readonly place: number }[]
  /** The statement leaves out rows that another transaction has locked: such a call is sent again, alone. */
  readonly skipsLocked: boolean
  /** The values of a call that {@link statement} does not take: where one is not null, the call is sent alone. */
  readonly alone: readonly number[]
}

/** A statement that only reads. It may be sent again when its reply was lost. */
export const read = <Values>(name: string, source: Sql<Values>): StatementOf<Values> => {
  const { text, ...rest } = compile(name, source)
  return { ...rest, kind: 'read', text, preparedName: preparedName(name, text), onLostReply: null }
}

/** A statement that writes, with what a lost reply means. `schema` is an already quoted identifier. */
export const write = <Values>(
  name: string,
  source: Sql<Values>,
  { schema, onLostReply }: { readonly schema: string; readonly onLostReply: LostReply },
): StatementOf<Values> => {
  const { text: undated, ...rest } = compile(name, source)
  const text = withDeadline(undated, schema, rest.parameters.length + 1)
  return { ...rest, kind: 'write', text, preparedName: preparedName(name, text), onLostReply }
}

const preparedName = (name: string, text: string): string =>
  `torii.${name}.${createHash('sha256').update(text).digest('hex').slice(0, 12)}`

/**
 * The statement, whose concurrent calls `many` answers: that one takes an array for each parameter of this one,
 * under the same name, but for those named in `alone`, which must be null in a batch.
 */
export function inBatches<Values>(
  single: StatementOf<Values>,
  many: Statement,
  {
    skipsLocked,
    alone = [],
  }: { readonly skipsLocked: boolean; readonly alone?: readonly string[] },
): StatementOf<Values> {
  const placeOf = (named: string) => single.parameters.findIndex(({ name }) => name === named)
  const columns = many.parameters.map(({ name, type }) => {
    const element = arrayElements.find((known) => type === `${known}[]`)
    const place = placeOf(name)
    if (element === undefined || place < 0)
      throw new Error(`${many.name}: ${name} is no array of a parameter of ${single.name}`)
    return { element, place }
  })
  if (columns.length + alone.length !== single.parameters.length)
    throw new Error(`${many.name} must take every parameter of ${single.name}`)
  return { ...single, batch: { statement: many, columns, skipsLocked, alone: alone.map(placeOf) } }
}

/** Numbers the parameters in the order of their first appearance. A name that appears again keeps its number. */
function compile<Values>(
  name: string,
  { parts }: Sql<Values>,
): Pick<StatementOf<Values>, 'name' | 'text' | 'parameters' | 'values'> {
  const parameters: Parameter<string, unknown>[] = []
  const numberOf = (parameter: Parameter<string, unknown>) => {
    const known = parameters.findIndex((one) => one.name === parameter.name)
    if (known < 0) return parameters.push(parameter)
    if (parameters[known]?.type !== parameter.type)
      throw new Error(`${name}: the parameter ${parameter.name} has two types`)
    return known + 1
  }
  const text = parts
    .map((part) => (typeof part === 'string' ? part : `$${numberOf(part)}::${part.type}`))
    .join('')
  const values = (given: Values) =>
    parameters.map((parameter) => {
      // The type of `Values` is made of exactly these names.
      const value = (given as Record<string, unknown>)[parameter.name]
      if (value === undefined || (value === null && !parameter.nullable))
        throw new InvalidInputError(parameter.name, 'must not be missing')
      return value
    })
  return { name, text, parameters, values }
}
