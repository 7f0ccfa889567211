import type { ChildProcess } from 'node:child_process'
import { execFile, fork } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const fixtures = join(root, 'testing/fixtures')
/** Below the repository, so that the packages there find what they depend on; ignored by git. */
const folders = join(root, 'testing/.torii')

/** A `node_modules` with a version of Torii in it. */
export interface InstalledVersion {
  readonly packages: string
  remove(): Promise<void>
}

async function createFolder(): Promise<InstalledVersion> {
  await mkdir(folders, { recursive: true })
  const folder = await mkdtemp(join(folders, 'version-'))
  const packages = join(folder, 'node_modules')
  await mkdir(packages)
  return { packages, remove: () => rm(folder, { recursive: true, force: true }) }
}

const names = ['torii-core', 'torii-storage-postgres', 'torii-auth']

/** Unpacks the tarballs of a former version; their dependencies are those of this repository. */
export async function installFormerVersion(version: string): Promise<InstalledVersion> {
  const installed = await createFolder()
  for (const name of names) {
    const folder = join(installed.packages, name)
    await mkdir(folder)
    const tarball = join(fixtures, version, `${name}-${version}.tgz`)
    await promisify(execFile)('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder])
  }
  return installed
}

/**
 * This version as built, or with its storage changed: `change` gets the folder of a copy of the compiled storage.
 */
export async function installThisVersion(
  change?: (dist: string) => Promise<void>,
): Promise<InstalledVersion> {
  const installed = await createFolder()
  const from = (name: string) => join(root, 'packages', name.slice('torii-'.length))
  for (const name of names) {
    const to = join(installed.packages, name)
    if (name !== 'torii-storage-postgres' || change === undefined) await symlink(from(name), to)
    else {
      await mkdir(to)
      await cp(join(from(name), 'package.json'), join(to, 'package.json'))
      const filter = (path: string) => !/\.test\.|\.map$/.test(path)
      await cp(join(from(name), 'dist'), join(to, 'dist'), { recursive: true, filter })
      await change(join(to, 'dist'))
    }
  }
  return installed
}

/** An application of a version, in a separate process. */
export interface Application {
  /** Asks it to do something and waits for the answer; rejects with what went wrong there. */
  ask(task: string, value?: unknown): Promise<unknown>
  end(): Promise<void>
}

interface Answer {
  readonly task: string
  readonly error?: string
  readonly result?: unknown
}

/** Starts the program of the fixtures of `program`, on the packages of any version that has the same API. */
export async function startApplication(
  program: string,
  { packages }: InstalledVersion,
): Promise<Application> {
  const child = fork(join(fixtures, program, 'program.mjs'), [packages], { execArgv: [] })
  await answerOf(child, 'started')
  return {
    async ask(task, value) {
      const answer = answerOf(child, task)
      child.send({ task, value })
      return answer
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      const killing = setTimeout(() => child.kill('SIGKILL'), 5000)
      await exited
      clearTimeout(killing)
    },
  }
}

function answerOf(child: ChildProcess, task: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const finish = (done: () => void) => {
      child.off('message', listen)
      child.off('exit', exit)
      done()
    }
    const listen = (message: unknown) => {
      // The program of the fixtures sends nothing else.
      const { task: answered, error, result } = message as Answer
      if (answered !== task) return
      finish(() => (error === undefined ? resolve(result) : reject(new Error(`${task}: ${error}`))))
    }
    const exit = () => finish(() => reject(new Error(`${task}: the application ended`)))
    child.on('message', listen)
    child.on('exit', exit)
  })
}

/** The data of a former version and when it was taken. */
export async function readFormerData(
  version: string,
): Promise<{ readonly sql: string; readonly takenAt: Date }> {
  const text = (file: string) => readFile(join(fixtures, version, file), 'utf8')
  const { takenAt } = JSON.parse(await text('facts.json')) as { takenAt: string }
  return { sql: await text('data.sql'), takenAt: new Date(takenAt) }
}
