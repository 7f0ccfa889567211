/**
 * Converts a text to one line without bidirectional controls, so that a name can neither add a line to a message nor
 * reverse the text that follows.
 */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Bidi_Control}\p{Surrogate}]/gu, '')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim()

/** Escapes a text for HTML, between tags and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)

/** Formats seconds in a language: `600` as `10 minutes`. */
export function formatSpan(seconds: number, language: string): string {
  const hours = seconds / 3600
  const [unit, count] = Number.isInteger(hours)
    ? (['hour', hours] as const)
    : (['minute', Math.ceil(seconds / 60)] as const)
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

/** Formats a time to the minute, in UTC, since the reader's time zone is unknown. */
export const formatTime = (at: Date, language: string): string =>
  new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at)
