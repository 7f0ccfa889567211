/** Circles between the files of one package. Types may refer to each other: nothing of it is left at run time. */
import { posix } from 'node:path'

/** Each circle once, as the paths on it, the first one repeated at the end. */
export function findCycles(sources) {
  const targets = new Map(
    sources.map(({ path, imports }) => [path, relativeTargets(path, imports)]),
  )
  const done = new Set()
  const cycles = []
  const visit = (path, trail) => {
    if (trail.includes(path)) return cycles.push([...trail.slice(trail.indexOf(path)), path])
    if (done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return cycles
}

const relativeTargets = (path, imports) =>
  imports
    .filter(({ specifier, kind }) => kind !== 'type' && specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts'))
