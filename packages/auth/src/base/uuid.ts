/** Formats the 32 hexadecimal digits of a UUID that start at `at` as its canonical text. */
export const formatUuid = (hex: string, at = 0): string =>
  `${hex.slice(at, at + 8)}-${hex.slice(at + 8, at + 12)}-${hex.slice(at + 12, at + 16)}-${hex.slice(at + 16, at + 20)}-${hex.slice(at + 20, at + 32)}`
