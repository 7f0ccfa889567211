/**
 * The floors of the packages: imports lead downwards only. dependency-cruiser finds circles of files and of folders, and
 * imports that lead upwards or to a room beside; imports of types count between folders. `dependency-cruiser.config.mjs`
 * holds the floors.
 */
import { posix } from 'node:path'
import { cruise } from 'dependency-cruiser'
import config, { floors, roomForm } from '../../dependency-cruiser.config.mjs'
import { listFiles } from '../repository.mjs'

export const name = 'floors'

const sourceForm = /^(?:packages|examples)\/[^/]+\/src\/.*\.tsx?$|^testing\/src\/.*\.ts$/
const testForm = /\.test\./

/** Problems of the source files of all workspaces below `root`. */
export async function check(root) {
  const sources = listFiles(root).filter((path) => sourceForm.test(path) && !testForm.test(path))
  const { output } = await cruise(sources, {
    ...config.options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: config.forbidden },
  })
  const problems = [
    ...sources.filter(isHomeless).map((path) => `${path}: is on no floor of its package`),
    ...output.summary.violations.map(describe),
    ...nestedCircles(output.modules),
  ]
  return [...new Set(problems)].sort()
}

/** A package with floors has one for each of its files. */
function isHomeless(path) {
  const [folder] = path.split('/src/')
  const own = floors[folder]
  return own !== undefined && !own.flat().some((room) => roomForm(folder, [room]).test(path))
}

function describe({ type, from, to, rule, cycle = [] }) {
  const circle = cycle.map((step) => step.name)
  return type === 'cycle' || type === 'folder'
    ? `${rule.name}: ${inOrder(circle).join(' → ')}`
    : `${from}: ${rule.name}: imports ${posix.relative(posix.dirname(from), to)}`
}

/** The circle from its first member in the alphabet, so that it is the same wherever it was found. */
function inOrder(circle) {
  const start = circle.indexOf([...circle].sort()[0])
  return [...circle.slice(start), ...circle.slice(0, start), circle[start]]
}

/** dependency-cruiser counts subfolders to their folder, so it finds no circle between the two. */
function nestedCircles(modules) {
  const arrows = new Set(
    modules.flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved }) => `${posix.dirname(source)} → ${posix.dirname(resolved)}`),
    ),
  )
  return [...arrows].flatMap((arrow) => {
    const [folder, inner] = arrow.split(' → ')
    const isCircle =
      folder.startsWith('packages/') &&
      inner.startsWith(`${folder}/`) &&
      arrows.has(`${inner} → ${folder}`)
    return isCircle ? [`circle of folders: ${folder} → ${inner} → ${folder}`] : []
  })
}
