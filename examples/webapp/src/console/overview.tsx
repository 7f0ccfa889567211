import type { AuditInterval } from 'torii-auth'
import type { View } from '../document.js'
import { choices, heading, link, muted, notice } from '../parts.js'
import type { ConsoleCall } from './console.js'
import type { Plot } from './plot.js'
import { plot } from './plot.js'
import { eventList } from './trail.js'
import { table } from './users.js'

const hour = 3600
const day = 24 * hour

/** `marks`: how many labels are below a plot; a divisor of `intervals`. */
const periods = [
  { name: '24h', title: '24 hours', intervals: 24, intervalSeconds: hour, bar: '1 hour', marks: 4 },
  {
    name: '7d',
    title: '7 days',
    intervals: 28,
    intervalSeconds: 6 * hour,
    bar: '6 hours',
    marks: 4,
  },
  { name: '30d', title: '30 days', intervals: 30, intervalSeconds: day, bar: '1 day', marks: 3 },
] as const

const series = {
  user_created: 'Registrations',
  signed_in: 'Sign-ins',
  sign_in_failed: 'Failed sign-ins',
} as const

const types = Object.keys(series) as (keyof typeof series)[]

/** The totals, recent activity as plots and numbers, and the newest events. */
export async function overviewPage({ torii, queries, query }: ConsoleCall): Promise<View> {
  const period = periods.find(({ name }) => name === query.period) ?? periods[0]
  const { intervals, intervalSeconds, title, bar, marks } = period
  const [totals, counted, { events }] = await Promise.all([
    queries.totals(),
    torii.admin.auditCounts({ types, intervals, intervalSeconds }),
    torii.admin.audit({ limit: 8 }),
  ])
  const labels = counted.map(({ from }) => nameOf(from, intervalSeconds))
  const plots = types.map((type): Plot => {
    const values = counted.map((interval) => countOf(interval, type))
    return { id: type, title: series[type], period: title, bar, marks, labels, values }
  })
  const numbers = labels.map((label, place) => [
    label,
    ...plots.map(({ values }) => values[place]?.toLocaleString('en') ?? 'not counted'),
  ])
  const links = periods.map((one) => [`/?period=${one.name}`, one.title, one === period] as const)
  const say = (value: number) => (totals.exact ? value.toLocaleString('en') : about(value))
  const content = (
    <section class="wide panels">
      {heading('Overview', choices('Period', 'choices', links))}
      <div class="tiles">
        {totalTile('Users', say(totals.users), '/users')}
        {totalTile('Verified', say(totals.verified))}
        {totalTile('Disabled', say(totals.disabled), '/users?filter=disabled')}
        {totalTile('Live sessions', say(totals.sessions))}
      </div>
      {counted.every(({ complete }) => complete) || notice('bad', uncounted)}
      <div class="tiles">{plots.map(plot)}</div>
      <details class="card numbers">
        <summary>Show as table</summary>
        {table(['From, UTC', ...Object.values(series)], numbers.reverse())}
      </details>
      <section class="card panel">
        <div class="head">{[<h2>Latest events</h2>, link('/trail', 'All events')]}</div>
        {eventList(events, await queries.namesOf(events))}
      </section>
    </section>
  )
  return { title: 'Overview', content }
}

const uncounted =
  'There are too many events to count them all. Only the newest are counted; the shaded part is not.'

/** A sample says two digits. */
const about = (value: number) => `About ${Number(value.toPrecision(2)).toLocaleString('en')}`

const totalTile = (label: string, value: string, to?: string) => (
  <div class="card">
    {muted(to === undefined ? label : link(to, label))}
    <p class="total">{value}</p>
  </div>
)

/** Null where not every event was read, since the number would be too low. */
const countOf = ({ counts, complete }: AuditInterval, type: string): number | null =>
  complete ? (counts[type] ?? 0) : null

const dates = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** The beginning of an interval, such as `30 Nov, 14:00`. */
const nameOf = (from: Date, intervalSeconds: number): string =>
  dates.format(from) + (intervalSeconds < day ? `, ${from.toISOString().slice(11, 16)}` : '')
