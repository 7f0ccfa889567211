import type { AuditInterval } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { View } from '../../page.js'
import { eventList } from '../events.js'
import { plot } from '../plot.js'
import type { ConsoleCall } from '../route.js'

interface Period {
  readonly name: string
  readonly title: string
  readonly intervals: number
  readonly intervalSeconds: number
  /** How many labels are below a plot; a divisor of `intervals`. */
  readonly marks: number
}

const hour = 3600
const day = 24 * hour

const lastDay: Period = {
  name: '24h',
  title: '24 hours',
  intervals: 24,
  intervalSeconds: hour,
  marks: 4,
}

const periods: readonly Period[] = [
  lastDay,
  { name: '7d', title: '7 days', intervals: 28, intervalSeconds: 6 * hour, marks: 4 },
  { name: '30d', title: '30 days', intervals: 30, intervalSeconds: day, marks: 3 },
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
  const { intervals, intervalSeconds } = period
  const types = series.map(({ type }) => type)
  const [counted, { events }] = await Promise.all([
    torii.admin.auditCounts({ types, intervals, intervalSeconds }),
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

const unread = (counted: readonly AuditInterval[]): Html | null =>
  counted.every(({ complete }) => complete)
    ? null
    : html`<p class="notice">There are too many events to count them all. Only the newest are counted; the shaded part is not.</p>`

function card(
  { type, title, tone }: Series,
  period: Period,
  counted: readonly AuditInterval[],
): Html {
  const bars = counted.map((interval) => ({
    label: intervalName(interval.from, period),
    value: countOf(interval, type),
  }))
  const known = bars.flatMap(({ value }) => (value === null ? [] : [value]))
  const total = known.reduce((sum, value) => sum + value, 0).toLocaleString('en')
  const highest = Math.max(0, ...known).toLocaleString('en')
  const unit = period.intervalSeconds === day ? 'day' : `${period.intervalSeconds / hour} h`
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
const countOf = ({ counts, complete }: AuditInterval, type: Series['type']): number | null =>
  complete ? (counts[type] ?? 0) : null

const marksOf = (period: Period, counted: readonly AuditInterval[]): string[] =>
  counted
    .filter((_, place) => place % (period.intervals / period.marks) === 0)
    .map(({ from }) => (period === lastDay ? timeOf(from) : dateOf(from)))

const timeOf = (at: Date): string => at.toISOString().slice(11, 16)

const dateFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})

const dateOf = (at: Date): string => dateFormat.format(at)

const intervalName = (from: Date, { intervalSeconds }: Period): string =>
  intervalSeconds === day ? dateOf(from) : `${dateOf(from)}, ${timeOf(from)}`

/** The numbers of the plots, newest first. */
const table = (
  period: Period,
  counted: readonly AuditInterval[],
): Html => html`<details class="card numbers">
<summary>Show as table</summary>
<table>
<thead><tr><th scope="col">From, UTC</th>${series.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${[...counted]
  .reverse()
  .map(
    (interval) =>
      html`<tr><th scope="row">${intervalName(interval.from, period)}</th>${series.map(
        ({ type }) =>
          html`<td>${countOf(interval, type)?.toLocaleString('en') ?? 'not counted'}</td>`,
      )}</tr>`,
  )}</tbody>
</table>
</details>`
