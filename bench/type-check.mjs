/**
 * What our declarations cost the TypeScript compiler: `npm run bench -- types`. Two projects, each with our packages and without:
 * the finished application of docs/tutorial.md, and one that imports every entry of every package. Without them the same files see
 * `declare module` in their place. The compiler runs on each in turn, so that a busy minute hits them alike.
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { tutorialBlocks } from '../testing/dist/tutorial.js'
import { resultsFolder } from './compare.mjs'
import { median } from './measure.mjs'

const root = join(new URL('.', import.meta.url).pathname, '..')
const compiler = join(root, 'node_modules/typescript/bin/tsc')
const rounds = { full: 9, quick: 1 }

/** What the compiler counts, which does not depend on the machine, and what it takes. */
const counts = { files: 'Files', types: 'Types', instantiations: 'Instantiations' }
const costs = { seconds: 'Total time', checkSeconds: 'Check time', memoryKib: 'Memory used' }

/** The peers of our entries: imported with and without them, since an application has them anyway. */
const peers = ['express', 'fastify', 'hono', 'pg', 'react', 'react-dom/client', 'vue']

/** The entries of our packages, as an application names them. */
function ourEntries() {
  return ['core', 'storage-postgres', 'auth', 'conformance'].flatMap((folder) => {
    const manifest = join(root, 'packages', folder, 'package.json')
    const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8'))
    return Object.keys(exports)
      .filter((path) => path !== './package.json')
      .map((path) => name + path.slice(1))
  })
}

/** The last version of each file of the tutorial. */
function tutorialFiles() {
  const page = readFileSync(join(root, 'docs/tutorial.md'), 'utf8')
  const files = tutorialBlocks(page).filter(
    ({ kind, path = '' }) => kind === 'file' && /\.jsx?$/.test(path),
  )
  return Object.fromEntries(files.map(({ path, text }) => [path, text]))
}

/** The web application, which uses nearly every feature, and an import of every entry of every package. */
function everything() {
  const source = join(root, 'examples/webapp/src')
  const files = readdirSync(source, { recursive: true }).filter((path) =>
    /(?<!\.test|\.support)\.tsx?$/.test(path),
  )
  const imports = [...peers, ...ourEntries()].map(
    (entry, index) =>
      `import * as entry${index} from '${entry}'\nexport const use${index} = { ...entry${index} }\n`,
  )
  return {
    ...Object.fromEntries(files.map((path) => [path, readFileSync(join(source, path), 'utf8')])),
    'everything.ts': imports.join(''),
  }
}

/** In the place of our packages: what is imported from them is `any`. */
const stubs = () =>
  ourEntries()
    .map((entry) => `declare module '${entry}'\n`)
    .join('')

/** Links what this repository has installed; our packages only if they are wanted, so that no declaration of theirs is found. */
function linkPackages(folder, { withTorii }) {
  for (const source of [join(root, 'bench/node_modules'), join(root, 'node_modules')])
    for (const name of packagesIn(source)) {
      const link = join(folder, 'node_modules', name)
      if (existsSync(link) || (!withTorii && name.startsWith('torii-'))) continue
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(source, name), link)
    }
}

const packagesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`)
        : [name],
    )

function writeProject(folder, files, { isTypeScript, withTorii }) {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    // The files of the tutorial are JavaScript.
    ...(isTypeScript
      ? { strict: true, jsx: 'react-jsx', jsxImportSource: 'hono/jsx' }
      : { strict: false, allowJs: true, checkJs: true, jsx: 'react-jsx' }),
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
  }
  const all = {
    ...files,
    ...(withTorii ? {} : { 'stubs.d.ts': stubs() }),
    'package.json': JSON.stringify({ private: true, type: 'module' }),
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['**/*'] }),
  }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  linkPackages(folder, { withTorii })
}

/** Compiles a project once. Its CPU time is that of the whole process, its start included. */
function compileOnce(folder) {
  const printCpu = `process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    console.log('CPU: ' + (user + system) / 1e6)
  })`
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(printCpu)}`,
    compiler,
    '-p',
    folder,
    '--extendedDiagnostics',
  ]
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  // Untyped JavaScript of the tutorial has errors, but every module must be found.
  if (status === null || /error TS2307/.test(stdout) || !/^Total time/m.test(stdout))
    throw new Error(`the project was not compiled:\n${stdout}`)
  const read = (label) => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1])
  const measured = Object.entries({ ...counts, ...costs, cpuSeconds: 'CPU' })
  return Object.fromEntries(measured.map(([name, label]) => [name, read(label)]))
}

const mediansOf = (runs) =>
  Object.fromEntries(
    Object.keys(runs[0]).map((name) => [name, median(runs.map((run) => run[name]))]),
  )

/** Measures both projects, writes `types.json` and prints the ratios. */
export async function types({ isQuick }) {
  const projects = [
    { project: 'tutorial', files: tutorialFiles(), isTypeScript: false },
    { project: 'everything', files: everything(), isTypeScript: true },
  ]
  const parent = mkdtempSync(join(tmpdir(), 'torii-types-'))
  try {
    const cells = projects.flatMap(({ project, files, isTypeScript }) =>
      ['with', 'without'].map((torii) => {
        const folder = join(parent, `${project}-${torii}`)
        writeProject(folder, files, { isTypeScript, withTorii: torii === 'with' })
        return { project, torii, folder, runs: [] }
      }),
    )
    for (let round = 0; round < rounds[isQuick ? 'quick' : 'full']; round += 1)
      for (const cell of cells) cell.runs.push(compileOnce(cell.folder))
    report(cells, isQuick)
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
  return 0
}

function report(cells, isQuick) {
  const results = cells.map(({ project, torii, runs }) => ({ project, torii, ...mediansOf(runs) }))
  const manifest = join(root, 'node_modules/typescript/package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  const measured = { typescript: version, rounds: cells[0].runs.length, results }
  if (!isQuick) {
    mkdirSync(resultsFolder, { recursive: true })
    writeFileSync(join(resultsFolder, 'types.json'), `${JSON.stringify(measured, null, 1)}\n`)
  }
  console.log(typesMarkdown(measured))
}

export function typesMarkdown({ typescript, rounds, results }) {
  const row = (cells) => `| ${cells.join(' | ')} |`
  const head = [
    'project',
    'Torii',
    'files',
    'types',
    'instantiations',
    'memory MiB',
    'check s',
    'total s',
    'CPU s',
    'CPU ratio',
  ]
  const rows = results.map((one) => {
    const { cpuSeconds } = results.find(
      ({ project, torii }) => project === one.project && torii === 'without',
    )
    const ratio = one.torii === 'with' ? (one.cpuSeconds / cpuSeconds).toFixed(2) : ''
    const counted = [one.files, one.types, one.instantiations].map((count) =>
      count.toLocaleString('en'),
    )
    const taken = [one.checkSeconds, one.seconds, one.cpuSeconds].map((seconds) =>
      seconds.toFixed(2),
    )
    return row([
      one.project,
      one.torii,
      ...counted,
      Math.round(one.memoryKib / 1024),
      ...taken,
      ratio,
    ])
  })
  return [
    '## Type-checking',
    '',
    row(head),
    row(head.map(() => '---')),
    ...rows,
    '',
    `\`tsc --extendedDiagnostics\` of TypeScript ${typescript}, medians of ${rounds} rounds that go through all four in turn. "tutorial" is the finished`,
    'application of [the tutorial](../tutorial.md), "everything" is the web application together with an import of every',
    'entry of every package, and of express, fastify, hono, pg, react and vue. Without Torii the same files import `any` in its place.',
  ].join('\n')
}
