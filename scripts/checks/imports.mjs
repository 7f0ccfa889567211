/**
 * What each package may import. torii-core imports no other package; torii-conformance, torii-storage-postgres, torii-auth
 * and torii-authjs import torii-core and not each other; tests may import what their package declares for development.
 * No file imports a file of another package or outside of its `src`, and every imported package is declared. Samples are
 * excluded: their frameworks generate modules (`./$types`), and build them with the packages installed. The order of the
 * folders within a package, and circles, are in floors.mjs.
 */
import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { listFiles, readJson } from '../repository.mjs'
import { importsOf, packageName } from './source-imports.mjs'

export const name = 'imports'

/**
 * What the published source of a package may import. `builtins: null` means any `node:` module. `lazy` maps
 * an optional package to the one file that may import it, by `import()` or for its types. `entries` maps an
 * optional package to the entry point that cannot be without it, which no other source then imports.
 */
const allowed = {
  'packages/core': {
    packages: [],
    builtins: ['node:crypto', 'node:diagnostics_channel', 'node:url', 'node:util'],
    lazy: {},
  },
  'packages/conformance': {
    packages: ['torii-core'],
    builtins: ['node:assert/strict', 'node:crypto', 'node:util'],
    lazy: {},
  },
  'packages/storage-postgres': {
    packages: ['torii-core', 'pg'],
    builtins: null,
    lazy: { '@electric-sql/pglite': 'src/driver/pglite-driver.ts' },
  },
  'packages/create-torii-auth': { packages: [], builtins: null, lazy: {} },
  // Of @auth/core it has types only: next-auth and others bring the library along.
  'packages/authjs': {
    packages: ['torii-core', '@auth/core'],
    builtins: ['node:crypto'],
    lazy: {},
  },
  'packages/auth': {
    packages: [
      'torii-core',
      '@node-rs/argon2',
      '@node-rs/bcrypt',
      '@simplewebauthn/browser',
      'jose',
      'oauth4webapi',
    ],
    builtins: null,
    lazy: { uqr: 'src/http/response/qr-code.ts' },
    entries: {
      next: ['src/frameworks/next.ts'],
      react: ['src/browser/react.ts'],
      vue: ['src/browser/vue.ts'],
      '@opentelemetry/api': ['metrics', 'opentelemetry', 'spans', 'subscriptions'].map(
        (name) => `src/opentelemetry/${name}.ts`,
      ),
      nodemailer: ['smtp', 'smtp-thread', 'smtp-transport', 'smtp-worker'].map(
        (name) => `src/mail/${name}.ts`,
      ),
    },
  },
}

/** A test, and what only tests share: `a.test.ts`, `a.test.support.ts`. Neither is published. */
const testForm = /\.test\./

/** Problems of every workspace below `root`. */
export function check(root) {
  const ours = listFiles(root).filter((path) => !path.startsWith('samples/'))
  const files = ours.filter((path) => /\/src\/.*\.tsx?$/.test(path))
  const folders = ours.filter((path) => posix.basename(path) === 'package.json')
  const packages = folders.map((path) => describePackage(root, posix.dirname(path)))
  const named = new Map(packages.map((one) => [one.manifest.name, one]))
  return packages.flatMap((one) => {
    const own = files.filter((path) => path.startsWith(`${one.folder}/src/`))
    const sources = own.map((path) => ({
      path: path.slice(one.folder.length + 1),
      imports: importsOf(join(root, path)),
    }))
    return sources.flatMap((source) => checkSource(root, one, named, source))
  })
}

function describePackage(root, folder) {
  const manifest = readJson(join(root, folder, 'package.json'))
  const { dependencies, peerDependencies, devDependencies } = manifest
  const shipped = Object.keys({ ...dependencies, ...peerDependencies })
  const rootTools = readJson(join(root, 'package.json')).devDependencies
  const forTests = [...shipped, ...Object.keys({ ...devDependencies, ...rootTools }), manifest.name]
  return { folder, manifest, shipped: new Set(shipped), forTests: new Set(forTests) }
}

function checkSource(root, one, named, { path, imports }) {
  const isTest = testForm.test(path)
  return imports.flatMap(({ specifier, kind, line }) => {
    const problem = specifier.startsWith('.')
      ? relativeProblem(root, one.folder, path, specifier, isTest)
      : (declarationProblem(one, named, specifier, isTest) ??
        (isTest ? null : layerProblem(one.folder, path, specifier, kind)))
    return problem ? [`${one.folder}/${path}:${line}: "${specifier}" ${problem}`] : []
  })
}

function relativeProblem(root, folder, path, specifier, isTest) {
  const target = posix.join(dirname(path), specifier)
  if (!target.startsWith('src/')) return 'leaves the src folder of its package'
  const source = target.replace(/\.js$/, '.ts')
  if (![source, `${source}x`].some((each) => existsSync(join(root, folder, each))))
    return 'does not exist'
  const entry = Object.values(allowed[folder]?.entries ?? {}).find((own) => own.includes(source))
  if (!isTest && entry !== undefined && !entry.includes(path))
    return 'is an entry point with an optional package: importing it would need that package'
  return !isTest && testForm.test(source) ? 'is a test' : null
}

function declarationProblem(one, named, specifier, isTest) {
  if (specifier.startsWith('node:')) return null
  const declared = isTest ? one.forTests : one.shipped
  const target = packageName(specifier)
  if (!declared.has(target)) return `is not declared in ${one.folder}/package.json`
  const entry = `.${specifier.slice(target.length)}`
  const exported = named.get(target)?.manifest.exports
  return exported && !(entry in exported) ? `is not an entry point of ${target}` : null
}

function layerProblem(folder, path, specifier, kind) {
  const rule = allowed[folder]
  if (!rule) return null
  if (specifier.startsWith('node:')) {
    return !rule.builtins || rule.builtins.includes(specifier) ? null : 'is not allowed here'
  }
  const target = packageName(specifier)
  if (rule.entries?.[target]?.includes(path)) return null
  const file = rule.lazy[target]
  if (file === undefined) return rule.packages.includes(target) ? null : 'is not allowed here'
  if (path !== file) return `may only be imported in ${file}`
  return kind === 'static' ? 'must be loaded by import(): it is optional' : null
}
