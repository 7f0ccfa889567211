declare const brand: unique symbol

/** The mark of a branded type. Exported so that declarations which mention one can name it. */
export interface Branded<Name extends string> {
  readonly [brand]: Name
}

/** A `Base` that only its own parser or constructor can produce, so that a wrong argument does not compile. */
export type Brand<Base, Name extends string> = Base & Branded<Name>
