const intervalMs = 60_000

/**
 * Reports repeated events: the first at once, the others at most once a minute with their number, since a flood has
 * thousands. Returns a function to call for each; `report` receives the number since the last report and the latest detail.
 */
export function onceAMinute<Detail = void>(
  report: (count: number, latest: Detail) => void,
): (detail: Detail) => void {
  let count = 0
  let nextAt = Number.NEGATIVE_INFINITY
  return (detail) => {
    count += 1
    if (performance.now() < nextAt) return
    report(count, detail)
    count = 0
    nextAt = performance.now() + intervalMs
  }
}
