/**
 * A text as one line that reads in one direction: somebody's name can neither add a line to a message nor
 * turn around what follows it.
 */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Bidi_Control}\p{Surrogate}]/gu, '')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim()

/** A text as HTML shows it, between tags and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)

/** `600` as `10 minutes`, in the words of a language. */
export function formatSpan(seconds: number, language: string): string {
  const hours = seconds / 3600
  const [unit, count] = Number.isInteger(hours)
    ? (['hour', hours] as const)
    : (['minute', Math.ceil(seconds / 60)] as const)
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

/** A moment to the minute, in UTC: where the reader is we do not know. */
export const formatTime = (at: Date, language: string): string =>
  new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at)
