import type { Html } from '../html.js'
import { html } from '../html.js'

/** The number of an interval; null where it is unknown. */
export interface PlotBar {
  readonly label: string
  readonly value: number | null
}

/** Bars over time. */
export interface Plot {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  /** A sentence that describes the plot to screen readers. */
  readonly description: string
  readonly bars: readonly PlotBar[]
  /** The labels below, at equal distances from the first bar on. */
  readonly marks: readonly string[]
  readonly tone: 'plain' | 'bad'
}

const barWidth = 10
const height = 100

/**
 * Renders bars as SVG, without a script. The drawing intervals to the available width; texts are outside of it and
 * keep their size.
 */
export function plot({ id, title, description, bars, marks, tone }: Plot): Html {
  const top = niceTop(Math.max(...bars.map(({ value }) => value ?? 0)))
  return html`<div class="plot ${tone}">
<p class="plot-top" aria-hidden="true">${top.toLocaleString('en')}</p>
<svg viewBox="0 0 ${bars.length * barWidth} ${height}" preserveAspectRatio="none" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title>
<desc id="${id}-description">${description}</desc>
<path class="grid" d="M0 0H${bars.length * barWidth}M0 ${height / 2}H${bars.length * barWidth}"/>
${bars.map((bar, place) => drawn(bar, place * barWidth, top))}
<path class="ground" d="M0 ${height}H${bars.length * barWidth}"/>
</svg>
<p class="plot-marks" aria-hidden="true">${marks.map((mark) => html`<span>${mark}</span>`)}</p>
</div>`
}

function drawn({ label, value }: PlotBar, x: number, top: number): Html {
  const share = value === null ? 1 : value / top
  // A single event among thousands stays visible.
  const tall = value === 0 ? 0 : Math.max(1.5, Math.round(share * height * 10) / 10)
  const said = `${label}: ${value === null ? 'not counted' : value.toLocaleString('en')}`
  return html`<g><title>${said}</title><rect class="hover" x="${x}" y="0" width="${barWidth}" height="${height}"/>${
    tall > 0 &&
    html`<rect class="${value === null ? 'unknown' : 'bar'}" x="${x + 1.5}" y="${height - tall}" width="${barWidth - 3}" height="${tall}"/>`
  }</g>`
}

/** The next round number that can be halved: 2, 4, 6, 8, 10, 20, 30, 40, 60, … */
function niceTop(highest: number): number {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, highest)))
  const steps = size === 1 ? [2, 4, 6, 8, 10] : [1, 2, 3, 4, 6, 8, 10]
  return size * (steps.find((step) => step * size >= highest) ?? 10)
}
