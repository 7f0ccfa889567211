declare const brand: unique symbol

/** The property that marks a branded type. Exported so that generated type declarations can refer to it. */
export interface Branded<Name extends string> {
  readonly [brand]: Name
}

/** A `Base` that only its own parser or constructor can produce, so that a wrong argument does not compile. */
export type Brand<Base, Name extends string> = Base & Branded<Name>
