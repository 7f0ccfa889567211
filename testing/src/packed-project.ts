import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** A project somewhere else, outside of this repository. */
export interface Project {
  readonly folder: string
  write(file: string, text: string): Promise<void>
  /** Runs a program in the folder and gives what it printed; rejects when it fails. */
  run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>
  remove(): Promise<void>
}

/** What an application needs beside our packages. */
export interface ApplicationPackages {
  /** Installed by npm in the versions this repository uses. */
  readonly installed: readonly string[]
  /** Links to those of this repository: to install them takes npm longer than to install our packages. */
  readonly linked: readonly string[]
}

/**
 * A project with our packages as a user would get them: packs every package and installs the tarballs with all that they depend on,
 * and what the application needs.
 */
export async function createPackedProject({
  installed,
  linked,
}: ApplicationPackages): Promise<Project> {
  const project = await createProject()
  const { folder } = project
  const tarballs = join(folder, 'tarballs')
  await mkdir(tarballs)
  const files = await packPackages(tarballs)
  const versions = await Promise.all(installed.map(versionHere))
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  await project.run('npm', ['install', ...flags, ...files, ...versions])
  for (const name of linked) await linkHere(name, folder)
  return project
}

/**
 * A project with a link to what this repository has installed, its own packages included: for what a document tells an application
 * to write. Nothing is packed and installed, which takes ten seconds of CPU time; packed.test.ts proves that.
 */
export async function createLinkedProject(): Promise<Project> {
  const project = await createProject()
  await symlink(join(root, 'node_modules'), join(project.folder, 'node_modules'))
  return project
}

async function createProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'torii-project-'))
  const project: Project = {
    folder,
    write: (file, text) => writeFile(join(folder, file), text),
    run: (program, args, env = {}) => runProgram(program, args, folder, env),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
  await project.write('package.json', JSON.stringify({ private: true, type: 'module' }))
  return project
}

/** Fails where npm has installed the package, so that no link hides what our packages bring along. */
async function linkHere(name: string, folder: string): Promise<void> {
  const link = join(folder, 'node_modules', name)
  await mkdir(dirname(link), { recursive: true })
  await symlink(join(root, 'node_modules', name), link)
}

/** The packages that an application installs. */
const packages = ['torii-core', 'torii-conformance', 'torii-storage-postgres', 'torii-auth']

/** Packs these packages into the folder, as `npm publish` would send them; the paths of the tarballs. */
export async function packPackages(
  folder: string,
  names: readonly string[] = packages,
): Promise<readonly string[]> {
  const workspaces = names.flatMap((name) => ['--workspace', name])
  await run('npm', ['pack', ...workspaces, '--pack-destination', folder], { cwd: root })
  return (await readdir(folder)).map((file) => join(folder, file))
}

/** Runs a program and gives what it printed; rejects with all of it when it fails. */
export async function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 }
  const { stdout } = await run(program, [...args], options)
  return stdout
}

/** `name@version`, in the version that this repository uses. */
export async function versionHere(name: string): Promise<string> {
  const text = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return `${name}@${version}`
}

/** The code blocks of this language below a heading of one of our documents. */
export async function documentBlocks(
  document: string,
  heading: string,
  language: string,
): Promise<readonly string[]> {
  const text = await readFile(join(root, document), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const [, ...parts] = section.split(`\`\`\`${language}\n`)
  if (parts.length === 0) throw new Error(`${document} has no ${language} block below "${heading}"`)
  return parts.map((part) => part.split('```')[0] ?? '')
}

/** The first of them. */
export async function documentBlock(...where: Parameters<typeof documentBlocks>): Promise<string> {
  const [block = ''] = await documentBlocks(...where)
  return block
}
