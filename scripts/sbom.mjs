/**
 * `npm run sbom`: writes for each published package what an installation brings along, into `release/`: NAME.cdx.json, a bill of
 * materials by `npm sbom` in CycloneDX, and NAME.licenses.txt. Each package is packed and installed in an empty folder, so it is what
 * users get. Ends with 1 when a license is not in the list below.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { isMain, readJson, repositoryRoot } from './repository.mjs'

/** Licenses that ask for no more than their text and the names of the authors. */
const allowedLicenses = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
])

/** `name version: license` of each component of a bill of materials, in order; what has none is `unknown`. */
export const licensesIn = ({ components = [] }) =>
  components
    .map(({ name, version, licenses = [] }) => {
      const ids = licenses.map(
        ({ license, expression }) => license?.id ?? license?.name ?? expression,
      )
      return { name, version, license: ids.join(' AND ') || 'unknown' }
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1))

/** The components whose license is not allowed. */
export const licenseProblems = (name, bill) =>
  licensesIn(bill)
    .filter(({ license }) => !allowedLicenses.has(license))
    .map((each) => `${name}: ${each.name} ${each.version} has the license ${each.license}`)

/** The bill of materials without what differs between two runs: the same package has the same file. */
export function withoutTime({
  serialNumber: _,
  metadata: { timestamp: __, ...metadata },
  ...bill
}) {
  return { ...bill, metadata }
}

const npm = (cwd, ...args) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 })

/** The folders of the published packages. */
const publishedFolders = (root) =>
  readdirSync(join(root, 'packages'))
    .map((folder) => join(root, 'packages', folder))
    .filter((folder) => readJson(join(folder, 'package.json')).private !== true)

/** Installs the packed package alone, without what only its development needs, and asks npm. */
function describe(folder, name, tarballs) {
  const own = join(folder, name)
  mkdirSync(own)
  execFileSync('tar', ['-xzf', tarballs.get(name), '-C', own, '--strip-components=1'])
  const { dependencies = {} } = readJson(join(own, 'package.json'))
  npm(own, 'pkg', 'delete', 'devDependencies', 'peerDependencies', 'peerDependenciesMeta')
  const ours = Object.keys(dependencies).flatMap((each) => tarballs.get(each) ?? [])
  const flags = ['--no-save', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  npm(own, 'install', ...flags, ...ours)
  return withoutTime(JSON.parse(npm(own, 'sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev')))
}

/** Writes the files into `target`; returns the problems. */
export function writeBills(root, target) {
  const folder = mkdtempSync(join(tmpdir(), 'torii-sbom-'))
  try {
    const names = publishedFolders(root).map((each) => readJson(join(each, 'package.json')).name)
    const packed = npm(
      root,
      'pack',
      '--json',
      '--pack-destination',
      folder,
      ...names.flatMap((name) => ['-w', name]),
    )
    const tarballs = new Map(
      JSON.parse(packed).map(({ name, filename }) => [name, join(folder, filename)]),
    )
    mkdirSync(target, { recursive: true })
    return names.flatMap((name) => {
      const bill = describe(folder, name, tarballs)
      const lines = licensesIn(bill).map((each) => `${each.name} ${each.version}: ${each.license}`)
      writeFileSync(join(target, `${name}.cdx.json`), `${JSON.stringify(bill, null, 2)}\n`)
      writeFileSync(join(target, `${name}.licenses.txt`), lines.map((line) => `${line}\n`).join(''))
      return licenseProblems(name, bill)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (isMain(import.meta.url)) {
  if (build(repositoryRoot) !== 0) process.exit(1)
  const problems = writeBills(repositoryRoot, join(repositoryRoot, 'release'))
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
