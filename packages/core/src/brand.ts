declare const brand: unique symbol

/** A `Base` that only its own parser or maker can produce, so that a wrong argument does not compile. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }
