/** What must and what must not be inside a packed package; `paths` are the files of its tarball. */
import { join, posix } from 'node:path'
import { readJson } from '../repository.mjs'
import { importsOf, packageName } from './source-imports.mjs'

/** The tests of a template are those of the application that is made of it. */
const unwanted = /^(?!template\/).*\.test\.|tsbuildinfo$|(?:^|\/)\.env/

/** Tests and build state that travel along; entry points and commands that do not. */
export function contentProblems(manifest, paths) {
  const needed = [...targetsOf(manifest.exports), ...targetsOf(manifest.bin)]
  const missing = needed
    .map((target) => posix.normalize(target))
    .filter((target) => !paths.includes(target))
  return [
    ...paths.filter((path) => unwanted.test(path)).map((path) => `ships ${path}`),
    ...missing.map((target) => `${target} is not in the package`),
  ]
}

const targetsOf = (value) =>
  typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targetsOf)

/** Source maps whose source is not in the tarball: a debugger would show an empty file. */
export function sourceMapProblems(folder, paths) {
  const maps = paths.filter((path) => path.endsWith('.map'))
  return maps.flatMap((path) =>
    readJson(join(folder, path))
      .sources.map((source) => posix.join(posix.dirname(path), source))
      .filter((source) => !paths.includes(source))
      .map((source) => `${path} points at ${source}, which is not in the package`),
  )
}

/** Packages whose types live in @types. */
const untyped = new Set(['express', 'nodemailer', 'pg'])

/** The folder of a path if it has this name. */
const ownFolder = (path, name) =>
  posix.basename(posix.dirname(path)) === name ? posix.dirname(path) : null

/**
 * Declarations that need types which installing the package does not bring. The entry that is named like an optional peer or its
 * scope, such as `torii-auth/react`, and its folder of that name may need those of the peer: who imports it has the peer.
 */
export function declarationProblems(folder, manifest, paths) {
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest
  const isEntryOf = (path, target) => {
    const entry = target.replace(/^@([^/]+)\/.*/, '$1')
    const types = target in peerDependencies ? manifest.exports?.[`./${entry}`]?.types : undefined
    return types === `./${path}` || (types ?? '').startsWith(`./${ownFolder(path, entry)}/`)
  }
  const isInstalled = (target) =>
    target in dependencies ||
    (target in peerDependencies && !peerDependenciesMeta[target]?.optional)
  const hasTypes = (target) =>
    isInstalled(target) && (!untyped.has(target) || isInstalled(`@types/${target}`))
  const declarations = paths.filter((path) => path.endsWith('.d.ts'))
  return declarations.flatMap((path) =>
    importsOf(join(folder, path))
      .filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier))
      .filter(({ specifier }) => !hasTypes(packageName(specifier)))
      .filter(({ specifier }) => !isEntryOf(path, packageName(specifier)))
      .map(({ specifier }) => `${path} needs the types of ${specifier}, which no install brings`),
  )
}
