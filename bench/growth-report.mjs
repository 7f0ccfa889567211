/** The results of growth as Markdown, for people. */

const row = (cells) => `| ${cells.join(' | ')} |`
const whole = (value) => Math.round(value).toLocaleString('en')

function sizesTable(sizes) {
  const names = Object.keys(sizes[0].operations)
  const head = ['sessions', 'users', 'validate ms', ...names.map((name) => `${name}, pages`)]
  const rows = sizes.map(({ sessions, users, validateMs, operations }) =>
    row([
      whole(sessions),
      whole(users),
      validateMs.toFixed(3),
      ...names.map((name) => operations[name].buffers),
    ]),
  )
  return [row(head), row(head.map(() => '---')), ...rows]
}

function writesTable(sizes) {
  const head = ['sessions', 'flow', 'ms', 'WAL bytes', 'page images', 'HOT share']
  const rows = sizes.flatMap(({ sessions, writes }) =>
    Object.entries(writes).map(([name, { ms, walBytes, pageImages, hotShare }]) =>
      row([
        whole(sessions),
        name,
        ms.toFixed(2),
        whole(walBytes),
        pageImages.toFixed(2),
        hotShare === undefined ? '' : `${(100 * hotShare).toFixed(1)} %`,
      ]),
    ),
  )
  return [row(head), row(head.map(() => '---')), ...rows]
}

const sweepLines = ({ deleted, seconds, longestBatchMs, lookUps, lookUpsMeanwhile }) => [
  `Sweep of ${whole(deleted)} expired sessions while 16 callers read: ${seconds.toFixed(1)} s, longest statement`,
  `${longestBatchMs.toFixed(0)} ms. Look-ups before: ${whole(lookUps.perSecond)} a second, p99 ${lookUps.p99Ms.toFixed(2)} ms;`,
  `meanwhile: ${whole(lookUpsMeanwhile.perSecond)} a second, p99 ${lookUpsMeanwhile.p99Ms.toFixed(2)} ms.`,
]

export function growthMarkdown({ startedAt, postgres, sizes }) {
  const [first, last] = [sizes[0], sizes.at(-1)]
  return [
    `# Growth, ${startedAt}`,
    '',
    `PostgreSQL ${postgres}. Medians, one caller at a time. From the smallest to the largest a validation takes`,
    `${(last.validateMs / first.validateMs).toFixed(2)} times as long. At the largest a user takes ${whole(last.bytesPer.user)} bytes and a session`,
    `${whole(last.bytesPer.session)}, indexes included. Writes follow a checkpoint: the first change of a page writes the page.`,
    '',
    ...sizesTable(sizes),
    '',
    ...writesTable(sizes),
    '',
    ...(last.sweep === null ? [] : sweepLines(last.sweep)),
    '',
  ].join('\n')
}
