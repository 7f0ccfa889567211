/** A device, described for its owner. */
export interface Device {
  readonly name: string
  readonly kind: 'computer' | 'phone' | 'program'
}

type Table = readonly (readonly [RegExp, string])[]

const browsers: Table = [
  [/^curl\//, 'curl'],
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]

const systems: Table = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]

/** Guesses the device from a User-Agent header. The first match wins, so the order matters. */
export function describeDevice(userAgent: string | null): Device {
  const text = userAgent ?? ''
  const first = (table: Table) => table.find(([form]) => form.test(text))?.[1]
  const name = [first(browsers), first(systems)].filter((part) => part !== undefined).join(' on ')
  const isPhone = /iPhone|iPad|Android/.test(text)
  const kind = isPhone ? 'phone' : text.startsWith('Mozilla/') ? 'computer' : 'program'
  return { name: name || text.slice(0, 40) || 'Unknown device', kind }
}
