/** The ratios we hold ourselves to: the target, and the aim beyond it. */

const find = (cells, flow, subject, scope, callers) =>
  cells.filter(
    (cell) =>
      cell.flow === flow &&
      cell.subject === subject &&
      cell.scope === scope &&
      (callers === undefined || cell.callers === callers),
  )

/** The best rate of a subject, over every number of callers it was tried with. */
const best = (cells) => Math.max(...cells.map(({ opsPerSecond }) => opsPerSecond.median))
const rate = (cells) => (cells.length === 0 ? null : best(cells))
const p50 = (cells) => cells[0]?.latencyMs.p50 ?? null

const over = (a, b) => (a === null || b === null || b === 0 ? null : a / b)

/** Each: id, value, target, aim; `atMost` where less is better. */
function definitions(cells) {
  const torii = (flow, scope, callers) => rate(find(cells, flow, 'Torii', scope, callers))
  const of = (flow, subject, scope, callers) => rate(find(cells, flow, subject, scope, callers))
  const limit = of('validate', 'pgbench', 'storage')
  const pipeline = of('validate', 'pgbench, 16 deep', 'storage')
  const alone = p50(find(cells, 'validate', 'Torii', 'storage', 1))
  const aloneLimit = p50(find(cells, 'validate', 'pgbench', 'storage', 1))
  const [at64, at256] = [64, 256].map((callers) => torii('validate', 'storage', callers))
  const validateOver = (subject, scope) =>
    over(torii('validate', scope, 64), of('validate', subject, scope, 64))
  return [
    ['validate at 64 callers / best pgbench look-up', over(at64, limit), 2.5, 4],
    ['validate at 256 callers / best pgbench look-up', over(at256, limit), 3, 5],
    ['validate at 64 callers / best pgbench pipeline', over(at64, pipeline), 0.7, 1],
    ['validate at 256 callers / best pgbench pipeline', over(at256, pipeline), 1, 1],
    ['validate, whole API / Better Auth', validateOver('Better Auth', 'api'), 30, 60],
    ['validate, storage / Auth.js', validateOver('Auth.js', 'storage'), 8, 15],
    ['validate, storage / Lucia', validateOver('Lucia', 'storage'), 8, 15],
    ['validate, whole API / Auth.js', validateOver('Auth.js', 'api'), 8, 15],
    ['validate, whole API / Lucia', validateOver('Lucia', 'api'), 8, 15],
    [
      'open session at 64 callers / best pgbench insert',
      over(torii('open session', 'storage', 64), of('open session', 'pgbench', 'storage')),
      1,
      3,
    ],
    ['one caller alone, p50 / pgbench p50', over(alone, aloneLimit), 2.5, 1.5, 'atMost'],
  ]
}

/** No flow slower than a peer's: our rate over the fastest peer's, per flow. */
function againstPeers(cells) {
  const mine = cells.filter(({ subject }) => subject === 'Torii')
  return mine.flatMap(({ flow, scope, callers, opsPerSecond }) => {
    const peers = cells.filter(
      (cell) =>
        ['Better Auth', 'Auth.js', 'Lucia'].includes(cell.subject) &&
        cell.flow === flow &&
        cell.scope === scope &&
        cell.callers === callers,
    )
    if (peers.length === 0) return []
    const id = `${flow}, ${scope}, ${callers} ${callers === 1 ? 'caller' : 'callers'} / fastest peer`
    return [[id, over(opsPerSecond.median, best(peers)), 1, 1]]
  })
}

export function ratiosOf(cells) {
  return [...definitions(cells), ...againstPeers(cells)]
    .filter(([, value]) => value !== null)
    .map(([id, value, target, aim, direction]) => ({
      id,
      value,
      target,
      aim,
      met: direction === 'atMost' ? value <= target : value >= target,
    }))
}
