import type { AuditStretch } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { View } from '../../page.js'
import { eventList } from '../events.js'
import { plot } from '../plot.js'
import type { ConsoleCall } from '../route.js'

interface Period {
  readonly name: string
  readonly title: string
  readonly stretches: number
  readonly stretchSeconds: number
  /** How many labels are below a plot; a divisor of `stretches`. */
  readonly marks: number
}

const hour = 3600
const day = 24 * hour

const lastDay: Period = {
  name: '24h',
  title: '24 hours',
  stretches: 24,
  stretchSeconds: hour,
  marks: 4,
}

const periods: readonly Period[] = [
  lastDay,
  { name: '7d', title: '7 days', stretches: 28, stretchSeconds: 6 * hour, marks: 4 },
  { name: '30d', title: '30 days', stretches: 30, stretchSeconds: day, marks: 3 },
]

const series = [
  { type: 'user_created', title: 'Registrations', tone: 'plain' },
  { type: 'signed_in', title: 'Sign-ins', tone: 'plain' },
  { type: 'sign_in_failed', title: 'Failed sign-ins', tone: 'bad' },
] as const

type Series = (typeof series)[number]

/** Recent activity: three plots, their numbers, and the newest events. */
export async function overviewPage({ torii, query }: ConsoleCall): Promise<View> {
  const period = periods.find(({ name }) => name === query.get('period')) ?? lastDay
  const { stretches, stretchSeconds } = period
  const types = series.map(({ type }) => type)
  const [counted, { events }] = await Promise.all([
    torii.admin.auditCounts({ types, stretches, stretchSeconds }),
    torii.admin.audit({ limit: 8 }),
  ])
  return {
    title: 'Overview',
    content: html`<section class="wide">
<div class="head"><h1>Overview</h1>${periodLinks(period)}</div>
${unread(counted)}
<div class="plots">${series.map((one) => card(one, period, counted))}</div>
${table(period, counted)}
<section class="card panel" aria-labelledby="latest">
<div class="head"><h2 id="latest">Latest events</h2><a href="/trail">All events</a></div>
${eventList(events, null)}
</section>
</section>`,
  }
}

const periodLinks = (current: Period): Html => html`<nav class="periods" aria-label="Period">
${periods.map(
  (period) =>
    html`<a href="/?period=${period.name}"${period === current && html` aria-current="page"`}>${period.title}</a>`,
)}
</nav>`

const unread = (counted: readonly AuditStretch[]): Html | null =>
  counted.every(({ complete }) => complete)
    ? null
    : html`<p class="notice">There are too many events to count them all. Only the newest are counted; the shaded part is not.</p>`

function card(
  { type, title, tone }: Series,
  period: Period,
  counted: readonly AuditStretch[],
): Html {
  const bars = counted.map((stretch) => ({
    label: stretchName(stretch.from, period),
    value: countOf(stretch, type),
  }))
  const known = bars.flatMap(({ value }) => (value === null ? [] : [value]))
  const total = known.reduce((sum, value) => sum + value, 0).toLocaleString('en')
  const highest = Math.max(0, ...known).toLocaleString('en')
  const unit = period.stretchSeconds === day ? 'day' : `${period.stretchSeconds / hour} h`
  return html`<section class="card" aria-labelledby="${type}">
<h2 id="${type}">${title}</h2>
<p class="total">${known.length < bars.length && html`<span class="muted">at least </span>`}${total}</p>
${plot({
  id: `plot-${type}`,
  title: `${title} in the last ${period.title}`,
  description: `${total} in total, at most ${highest} in one interval of ${unit}. The table below lists all numbers.`,
  bars,
  marks: marksOf(period, counted),
  tone,
})}
</section>`
}

/** Null where not every event was read, since the number would be too low. */
const countOf = ({ counts, complete }: AuditStretch, type: Series['type']): number | null =>
  complete ? (counts[type] ?? 0) : null

const marksOf = (period: Period, counted: readonly AuditStretch[]): string[] =>
  counted
    .filter((_, place) => place % (period.stretches / period.marks) === 0)
    .map(({ from }) => (period === lastDay ? timeOf(from) : dateOf(from)))

const timeOf = (at: Date): string => at.toISOString().slice(11, 16)

const dateFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})

const dateOf = (at: Date): string => dateFormat.format(at)

const stretchName = (from: Date, { stretchSeconds }: Period): string =>
  stretchSeconds === day ? dateOf(from) : `${dateOf(from)}, ${timeOf(from)}`

/** The numbers of the plots, newest first. */
const table = (
  period: Period,
  counted: readonly AuditStretch[],
): Html => html`<details class="card numbers">
<summary>Show as table</summary>
<table>
<thead><tr><th scope="col">From, UTC</th>${series.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${[...counted]
  .reverse()
  .map(
    (stretch) =>
      html`<tr><th scope="row">${stretchName(stretch.from, period)}</th>${series.map(
        ({ type }) =>
          html`<td>${countOf(stretch, type)?.toLocaleString('en') ?? 'not counted'}</td>`,
      )}</tr>`,
  )}</tbody>
</table>
</details>`
