/** Where the repository is, which files it has, and how its scripts run its tools: on every system alike. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json, whatever the current directory is. */
export const repositoryRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** True when the module with this `import.meta.url` is the script that node was asked to run. */
export const isMain = (url) =>
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === realpathSync(fileURLToPath(url))

/** Scripts of development tools, run by path: `.bin` holds shell files on Windows. */
const tools = {
  attw: '@arethetypeswrong/cli/dist/index.js',
  biome: '@biomejs/biome/bin/biome',
  knip: 'knip/bin/knip.js',
  tsc: 'typescript/lib/tsc.js',
}

/** Arguments for node that run one of our development tools. */
export const toolArguments = (tool, ...args) => [
  join(repositoryRoot, 'node_modules', tools[tool]),
  ...args,
]

/** Runs node with `args` in `cwd` and waits: `{ ok, output }`, standard output and error together. */
export function runNode(cwd, args) {
  return finished(spawnSync(process.execPath, args, { cwd, ...captured }))
}

/** Runs npm in `cwd` and waits: `{ ok, output, stdout }`. */
export function runNpm(cwd, ...args) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('.js'))
    return finished(spawnSync(process.execPath, [cli, ...args], { cwd, ...captured }))
  return finished(spawnSync('npm', args, { cwd, shell: process.platform === 'win32', ...captured }))
}

const captured = { encoding: 'utf8', maxBuffer: 64 * 2 ** 20, stdio: ['ignore', 'pipe', 'pipe'] }

function finished({ status, stdout, stderr, error }) {
  if (error) throw error
  return { ok: status === 0, stdout, output: `${stdout}${stderr}`.trim() }
}

const notOurs = new Set(['node_modules', 'dist', '.git', '.torii'])

/**
 * Files of the repository at `root`, as sorted paths with `/`: what git tracks or would add, or, where
 * there is no git, everything outside of build output.
 */
export function listFiles(root) {
  if (!existsSync(join(root, '.git'))) return walk(root, root).sort()
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, ...captured })
  if (status !== 0) throw new Error(`git ls-files: ${stderr}`)
  const paths = stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))
  return [...new Set(paths)].sort()
}

function walk(root, folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(root, path) : [relative(root, path).split(sep).join('/')]
  })
}

/** The parsed JSON file at `path`. */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))
