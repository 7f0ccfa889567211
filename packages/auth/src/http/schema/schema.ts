import type { Json } from 'torii-core'

declare const valueType: unique symbol

/** A JSON Schema (2020-12, as in OpenAPI 3.1) that carries the TypeScript type of the values it describes. */
export interface Schema<Value> {
  readonly [valueType]?: Value
  readonly [keyword: string]: unknown
}

/** The type of the values that a schema describes. */
export type Static<S> = S extends Schema<infer Value> ? Value : never

/** The members of an object by name. */
export type Shape = Readonly<Record<string, Schema<unknown>>>

/** The type of an object with these members. A member whose type has `undefined` may be absent. */
type Members<S extends Shape> = Flat<
  {
    readonly [Name in keyof S as undefined extends Static<S[Name]> ? never : Name]: Static<S[Name]>
  } & {
    readonly [Name in keyof S as undefined extends Static<S[Name]> ? Name : never]?: Static<S[Name]>
  }
>
type Flat<T> = { [Name in keyof T]: T[Name] }

// Symbols are not written to JSON, so a mark never shows in the OpenAPI document.
const optionalMark = Symbol('optional')
const nameMark = Symbol('name')

export const text: Schema<string> = { type: 'string' }
export const flag: Schema<boolean> = { type: 'boolean' }
export const uuid: Schema<string> = { type: 'string', format: 'uuid' }
/** ISO 8601 in UTC. */
export const time: Schema<string> = { type: 'string', format: 'date-time' }
export const integer: Schema<number> = { type: 'integer' }
export const count: Schema<number> = { type: 'integer', minimum: 0 }
/** An object whose members the schema does not name. */
export const anyObject: Schema<object> = { type: 'object' }
/** An object of JSON whose members the application knows. */
export const jsonObject: Schema<{ readonly [name: string]: Json }> = { type: 'object' }
export const anyList: Schema<readonly unknown[]> = { type: 'array' }

/** One of these texts. */
export const oneOf = <const Value extends string>(values: readonly Value[]): Schema<Value> => ({
  type: 'string',
  enum: values,
})

export const list = <Value>(items: Schema<Value>): Schema<readonly Value[]> => ({
  type: 'array',
  items,
})

/** The value or null. */
export const orNull = <Value>(schema: Schema<Value>): Schema<Value | null> => ({
  ...schema,
  type: [schema.type, 'null'].flat(),
  ...(Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}),
})

/** A member that may be absent. */
export const optional = <Value>(schema: Schema<Value>): Schema<Value | undefined> => ({
  ...schema,
  [optionalMark]: true,
})

/** An object with these members and any others. */
export function openObject<const S extends Shape>(properties: S): Schema<Members<S>> {
  const required = Object.keys(properties).filter((name) => !isOptional(properties[name] ?? {}))
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
}

/** An object with exactly these members. */
export const object = <const S extends Shape>(properties: S): Schema<Members<S>> => ({
  ...openObject(properties),
  additionalProperties: false,
})

/** A schema that the OpenAPI document lists under this name. Other schemas refer to it. */
export const named = <Value>(name: string, schema: Schema<Value>): Schema<Value> => ({
  ...schema,
  [nameMark]: name,
})

/** The name given by {@link named}, or null. */
export function nameOf(schema: object): string | null {
  const name: unknown = Object.getOwnPropertyDescriptor(schema, nameMark)?.value
  return typeof name === 'string' ? name : null
}

/** Whether an object may have members that its schema does not name. */
export const isOpen = ({ additionalProperties }: Schema<unknown>): boolean =>
  additionalProperties !== false

export const isOptional = (schema: object): boolean => optionalMark in schema

/** The schemas of an object's members, by name. */
export const membersOf = ({ properties }: Schema<unknown>): Shape =>
  // `openObject` alone writes this keyword, and writes a Shape.
  (properties ?? {}) as Shape
