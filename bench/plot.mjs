/** Plots as SVG, written by hand so that they need no library and read well in a diff. */

const plain = (text) =>
  String(text).replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign],
  )

const label = (x, y, text, more = '') => `<text x="${x}" y="${y}" ${more}>${plain(text)}</text>`

const frame = (
  width,
  height,
  title,
  body,
) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${plain(title)}" font-family="sans-serif" font-size="13">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${label(20, 28, title, 'font-size="16" font-weight="bold" fill="#1a1a1a"')}
${body.join('\n')}
</svg>
`

/** Horizontal bars; `highlight` marks ours. */
export function bars(title, entries) {
  const [left, width, step] = [230, 760, 30]
  const longest = Math.max(...entries.map(({ value }) => value))
  const body = entries.flatMap(({ name, value, text, highlight }, index) => {
    const y = 48 + index * step
    const length = Math.max(1, (value / longest) * (width - left - 110))
    return [
      label(left - 10, y + 15, name, 'text-anchor="end" fill="#1a1a1a"'),
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="20" fill="${highlight ? '#b3261e' : '#8a8f98'}"/>`,
      label((left + length + 8).toFixed(1), y + 15, text, 'fill="#1a1a1a"'),
    ]
  })
  return frame(width, 60 + entries.length * step, title, body)
}

const palette = [
  '#b3261e',
  '#1f5fa8',
  '#2f7d32',
  '#8a5a00',
  '#6a3d9a',
  '#444444',
  '#00838f',
  '#ad1457',
]

/** Lines over a logarithmic axis of sizes and a logarithmic axis of values. */
export function lines(title, { sizes, series, unit }) {
  const [left, top, right, bottom] = [70, 50, 540, 330]
  const values = series.flatMap((one) => one.values).filter((value) => value > 0)
  const [low, high] = [
    Math.floor(Math.log10(Math.min(...values))),
    Math.ceil(Math.log10(Math.max(...values))),
  ]
  const [first, last] = [Math.log10(sizes[0]), Math.log10(sizes.at(-1))]
  const x = (size) => left + ((Math.log10(size) - first) / (last - first || 1)) * (right - left)
  const y = (value) => bottom - ((Math.log10(value) - low) / (high - low || 1)) * (bottom - top)
  const body = []
  for (let power = low; power <= high; power += 1) {
    const at = y(10 ** power).toFixed(1)
    body.push(`<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="#dddddd"/>`)
    body.push(
      label(left - 8, Number(at) + 4, `${10 ** power} ${unit}`, 'text-anchor="end" fill="#555555"'),
    )
  }
  for (const size of sizes)
    body.push(
      label(
        x(size).toFixed(1),
        bottom + 20,
        size.toLocaleString('en'),
        'text-anchor="middle" fill="#555555"',
      ),
    )
  for (const [index, { name, values: own }] of series.entries()) {
    const colour = palette[index % palette.length]
    const points = own.map((value, at) => `${x(sizes[at]).toFixed(1)},${y(value).toFixed(1)}`)
    body.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    )
    body.push(label(right + 50, top + 10 + index * 20, name, `fill="${colour}"`))
  }
  return frame(780, 360, title, body)
}

/** The rates of session reads, slowest first. */
export function validatePlot({ cells }) {
  const shown = cells.filter(
    ({ flow, callers, subject }) =>
      flow === 'validate' && (callers >= 64 || subject.startsWith('pgbench')),
  )
  const best = new Map()
  for (const cell of shown) {
    const how = cell.scope === 'api' ? 'whole API' : 'storage'
    const name = cell.subject.startsWith('pgbench')
      ? `${cell.subject}, best`
      : `${cell.subject}, ${how}, ${cell.callers} callers`
    const value = cell.opsPerSecond.median
    if (value > (best.get(name) ?? 0)) best.set(name, value)
  }
  const entries = [...best]
    .sort((a, b) => a[1] - b[1])
    .map(([name, value]) => ({
      name,
      value,
      text: `${Math.round(value).toLocaleString('en')} /s`,
      highlight: name.startsWith('Torii'),
    }))
  return bars('Session reads per second, client and server on one machine', entries)
}
