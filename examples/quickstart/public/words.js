// Words for what the server says of sessions.

/** A guess, for a person to recognise a device by; the first match wins, so the order matters. */
export function describeDevice(userAgent) {
  const text = userAgent ?? ''
  const firstMatch = (table) => table.find(([pattern]) => pattern.test(text))?.[1]
  const browser = firstMatch([
    [/^curl\//, 'curl'],
    [/Edg(e|A|iOS)?\//, 'Edge'],
    [/OPR\//, 'Opera'],
    [/SamsungBrowser\//, 'Samsung Internet'],
    [/Firefox\/|FxiOS\//, 'Firefox'],
    [/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ])
  const system = firstMatch([
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
  ])
  const kind = /iPhone|iPad|Android/.test(text)
    ? 'phone'
    : /^Mozilla\//.test(text)
      ? 'computer'
      : 'program'
  const name = [browser, system].filter(Boolean).join(' on ')
  return { name: name || text.slice(0, 40) || 'Unknown device', kind }
}

/** A time relative to now, the full date on hover; a skewed clock never puts the past ahead. */
export function showTime(element, isoTime, direction) {
  const time = new Date(isoTime)
  const seconds = (time.getTime() - Date.now()) / 1000
  element.dateTime = isoTime
  element.title = time.toLocaleString('en', { dateStyle: 'long', timeStyle: 'short' })
  element.textContent = relativeTime(
    direction === 'past' ? Math.min(seconds, 0) : Math.max(seconds, 0),
  )
}

function relativeTime(seconds) {
  const unitSeconds = { day: 86_400, hour: 3_600, minute: 60 }
  const found = Object.entries(unitSeconds).find(([, size]) => Math.abs(seconds) >= size)
  if (!found) return seconds > 0 ? 'in under a minute' : 'just now'
  const [unit, size] = found
  return new Intl.RelativeTimeFormat('en').format(Math.round(seconds / size), unit)
}

/** `magicLink` and `magic_link` both read "Magic link". */
export function inWords(name) {
  const words = name.replaceAll(/[_-]|(?=[A-Z])/g, ' ').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
