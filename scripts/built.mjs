/**
 * `node scripts/built.mjs FILE [arguments]`: builds, then runs FILE in this very process, so that a signal
 * sent to npm reaches it: a shell in between (`build && node FILE`) would keep it to itself.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, isFirstBuild } from './build.mjs'
import { repositoryRoot } from './repository.mjs'

const [, , file, ...rest] = process.argv
if (isFirstBuild(repositoryRoot))
  console.error(
    'Building the packages: TypeScript compiles and checks all of them, only the first time. Half a minute to two minutes on two cores…',
  )
const status = build(repositoryRoot)
if (status === 0) {
  const path = resolve(repositoryRoot, file)
  process.argv = [process.argv[0], path, ...rest]
  await import(pathToFileURL(path).href)
} else {
  process.exitCode = status ?? 1
}
