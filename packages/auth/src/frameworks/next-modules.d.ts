// The parts of Next.js that are used, so that it is not installed to compile this package. Its modules have no `exports`
// map, so Node.js needs the ending `.js`.

declare module 'next/headers.js' {
  export function headers(): Promise<Headers>
  export function cookies(): Promise<{
    set(name: string, value: string, options: object): unknown
  }>
}

declare module 'next/navigation.js' {
  /** Throws what Next.js turns into a redirect. */
  export function redirect(path: string): never
}
