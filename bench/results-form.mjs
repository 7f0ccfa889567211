/** What is wrong with a file of results; nothing when it has the form that others rely on. */

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value)
const isNumberOrNull = (value) => value === null || isNumber(value)
const isText = (value) => typeof value === 'string' && value !== ''

const cellForm = {
  flow: isText,
  subject: isText,
  scope: (value) => value === 'storage' || value === 'api',
  callers: (value) => Number.isSafeInteger(value) && value > 0,
  runs: (value) => Number.isSafeInteger(value) && value > 0,
  opsPerSecond: (value) =>
    [value?.median, value?.min, value?.max].every((rate) => isNumber(rate) && rate > 0),
  latencyMs: (value) => [value?.p50, value?.p99].every(isNumberOrNull),
  cpuMicros: (value) => [value?.client, value?.server].every(isNumberOrNull),
  statements: isNumber,
  roundTrips: isNumber,
  otherLoad: isNumberOrNull,
}

const ratioForm = {
  id: isText,
  value: isNumber,
  target: isNumber,
  aim: isNumber,
  met: (value) => typeof value === 'boolean',
}

const resultsForm = {
  version: isText,
  commit: isText,
  startedAt: (value) => isText(value) && !Number.isNaN(Date.parse(value)),
  machine: (value) => isText(value?.cpu) && isNumber(value?.cores) && isText(value?.node),
  postgres: isText,
  data: (value) => isNumber(value?.users) && isNumber(value?.sessions),
  cells: (value) => Array.isArray(value) && value.length > 0,
  ratios: (value) => Array.isArray(value) && value.length > 0,
}

function problemsIn(form, value, where) {
  const wrong = Object.entries(form).filter(([name, holds]) => !holds(value?.[name]))
  const unknown = Object.keys(value ?? {}).filter((name) => !(name in form))
  return [
    ...wrong.map(([name]) => `${where}.${name} is not what it must be`),
    ...unknown.map((name) => `${where}.${name} is not known`),
  ]
}

export function problemsOf(results) {
  return [
    ...problemsIn(resultsForm, results, 'results'),
    ...[results.cells ?? []]
      .flat()
      .flatMap((cell, at) => problemsIn(cellForm, cell, `cells[${at}]`)),
    ...[results.ratios ?? []]
      .flat()
      .flatMap((one, at) => problemsIn(ratioForm, one, `ratios[${at}]`)),
  ]
}
