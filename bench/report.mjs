/** The results as a Markdown table, for people. */

const number = (value, digits) => (value === null ? '–' : value.toFixed(digits))
const rate = (value) => Math.round(value).toLocaleString('en')

const row = (cells) => `| ${cells.join(' | ')} |`

function cellRow(cell) {
  const { median, min, max } = cell.opsPerSecond
  return row([
    cell.flow,
    cell.scope,
    cell.subject,
    cell.callers,
    rate(median),
    `${rate(min)}–${rate(max)}`,
    number(cell.latencyMs.p50, 2),
    number(cell.latencyMs.p99, 2),
    number(cell.cpuMicros.client, 0),
    number(cell.cpuMicros.server, 0),
    number(cell.statements, 2),
    number(cell.roundTrips, 2),
    number(cell.otherLoad, 2),
  ])
}

const cellHead = [
  'flow',
  'scope',
  'subject',
  'callers',
  'per second',
  'spread',
  'p50 ms',
  'p99 ms',
  'client µs',
  'server µs',
  'statements',
  'round trips',
  'other load',
]
const ratioHead = ['ratio', 'value', 'target', 'aim', 'met']

const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows].join('\n')

export function markdown(results) {
  const { machine, postgres, data } = results
  const ratios = results.ratios.map(({ id, value, target, aim, met }) =>
    row([id, number(value, 2), target, aim, met ? 'yes' : '**no**']),
  )
  return [
    `# Benchmark of ${results.startedAt}`,
    '',
    `${machine.cores} × ${machine.cpu}, Node ${machine.node}, PostgreSQL ${postgres}; client and server share the`,
    `machine. ${rate(data.users)} users, ${rate(data.sessions)} sessions. Medians of ${results.cells[0]?.runs} runs that take turns.`,
    '“Other load” is what other processes used meanwhile, in cores.',
    '',
    table(ratioHead, ratios),
    '',
    table(cellHead, results.cells.map(cellRow)),
    '',
  ].join('\n')
}
