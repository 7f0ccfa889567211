/** A device, described for its owner. */
export interface Device {
  readonly name: string
  readonly kind: 'computer' | 'phone' | 'program'
}

/** The first match wins, so the order matters. */
const browsers: Readonly<Record<string, RegExp>> = {
  curl: /^curl\//,
  Edge: /Edg(e|A|iOS)?\//,
  Opera: /OPR\//,
  'Samsung Internet': /SamsungBrowser\//,
  Firefox: /Firefox\/|FxiOS\//,
  Chrome: /Chrome\/|CriOS\/|Chromium\//,
  Safari: /Safari\//,
}

const systemNames: Readonly<Record<string, string>> = { 'Mac OS X': 'macOS', CrOS: 'ChromeOS' }

/** Guesses the device from a User-Agent header. */
export function describeDevice(userAgent: string | null): Device {
  const text = userAgent ?? ''
  const phone = /iPhone|iPad|Android/.exec(text)?.[0]
  const system = phone ?? /Windows|Mac OS X|CrOS|Linux/.exec(text)?.[0] ?? ''
  const browser = Object.entries(browsers).find(([, form]) => form.test(text))?.[0]
  const name = [browser, systemNames[system] ?? system].filter(Boolean).join(' on ')
  const kind = phone ? 'phone' : text.startsWith('Mozilla/') ? 'computer' : 'program'
  return { name: name || text.slice(0, 40) || 'Unknown device', kind }
}
