/** Bars over time. */
export interface Plot {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly period: string
  /** What a bar is, such as `1 hour`. */
  readonly bar: string
  /** How many labels are below. */
  readonly marks: number
  /** The beginning of each interval. */
  readonly labels: readonly string[]
  /** The number of each interval; null where it is unknown. */
  readonly values: readonly (number | null)[]
}

const barWidth = 10
const height = 100

/** Renders bars as SVG, without a script. Texts are outside of the drawing and keep their size. */
export function plot({ id, title, period, bar, marks, labels, values }: Plot) {
  const known = values.filter((value) => value !== null)
  const sum = known.reduce((total, value) => total + value, 0).toLocaleString('en')
  const highest = Math.max(0, ...known)
  const top = roundTop(highest)
  const most = highest > 0 && `, highest ${labels[values.indexOf(highest)]}`
  const width = values.length * barWidth
  const size = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' }
  const described = `${title} in the last ${period}: ${sum}. The table below lists all numbers.`
  const marked = labels.filter((_, place) => place % (labels.length / marks) === 0)
  return (
    <section class={`card plot ${id}`}>
      <h2>{title}</h2>
      <p class="total">{[known.length < values.length && <small>at least </small>, sum]}</p>
      <p class="plot-top" aria-hidden="true">
        {top.toLocaleString('en')}
      </p>
      <svg {...size} role="img" aria-labelledby={`${id}-title`}>
        <title id={`${id}-title`}>{described}</title>
        <path class="grid" d={`M0 0H${width}M0 ${height / 2}H${width}`} />
        {values.map((value, place) => oneBar(labels[place] ?? '', value, place * barWidth, top))}
        <path class="ground" d={`M0 ${height}H${width}`} />
      </svg>
      <p class="plot-marks" aria-hidden="true">
        {marked.map((label) => (
          <span>{label.replace(/^.*, /, '')}</span>
        ))}
      </p>
      <p class="muted">{[`One bar: ${bar}`, most]}</p>
    </section>
  )
}

function oneBar(label: string, value: number | null, x: number, top: number) {
  const share = Math.round(((value ?? top) / top) * height * 10) / 10
  // A single event among thousands stays visible.
  const tall = value === 0 ? 0 : Math.max(1.5, share)
  const place = { x: x + 1.5, y: height - tall, width: barWidth - 3, height: tall }
  return (
    <g>
      <title>{`${label}: ${value?.toLocaleString('en') ?? 'not counted'}`}</title>
      <rect class="hover" x={x} y={0} width={barWidth} height={height} />
      {tall > 0 && <rect class={value === null ? 'unknown' : 'bar'} {...place} />}
    </g>
  )
}

/** The next round number that can be halved: 2, 4, 6, 8, 10, 20, 30, 40, 60, … */
function roundTop(highest: number): number {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, highest)))
  const steps = size === 1 ? [2, 4, 6, 8, 10] : [1, 2, 3, 4, 6, 8, 10]
  return size * (steps.find((step) => step * size >= highest) ?? 10)
}
