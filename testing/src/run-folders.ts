import { readFileSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** Linux keeps it in memory: creating a database there takes a tenth of the time that it takes on a busy disk. */
const memoryFolder = '/dev/shm'

/** Enough for two servers and the largest test databases, several times over. */
const neededBytes = 4 * 2 ** 30

/** Chooses where a new run directory lies: in memory where there is room, else in the temporary folder. `TMPDIR` decides when it is set. */
export function chooseRunFolder(): string {
  return process.env.TMPDIR === undefined && hasRoomInMemory() ? memoryFolder : tmpdir()
}

/** Every folder in which a run directory may lie. */
export function runFolders(): string[] {
  return mountOptions(memoryFolder) === null ? [tmpdir()] : [tmpdir(), memoryFolder]
}

function hasRoomInMemory(): boolean {
  const options = mountOptions(memoryFolder)
  if (options === null || !options.includes('rw')) return false
  // Root's server runs from a copy in its run directory.
  if (process.getuid?.() === 0 && options.includes('noexec')) return false
  const { bavail, bsize } = statfsSync(memoryFolder)
  return Math.min(bavail * bsize, availableMemoryBytes()) >= neededBytes
}

/** The options of a file system in memory that is mounted there, null when there is none. */
function mountOptions(folder: string): string[] | null {
  const mounts = readOrNull('/proc/mounts')?.split('\n') ?? []
  const fields = mounts.map((line) => line.split(' ')).findLast(([, path]) => path === folder)
  return fields?.[2] === 'tmpfs' ? (fields[3]?.split(',') ?? []) : null
}

function availableMemoryBytes(): number {
  const [, kibibytes = '0'] =
    /^MemAvailable: +(\d+) kB$/m.exec(readOrNull('/proc/meminfo') ?? '') ?? []
  return Number(kibibytes) * 1024
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
