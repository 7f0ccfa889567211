import { ToriiError } from './errors.js'

/** The oldest supported version of Node.js; a test compares it with package.json. */
export const oldestNode = '20.19'

/**
 * Throws on a Node.js that is too old. Called where an application opens its storage and creates Torii.
 * @throws ToriiError `ERR_INVALID_OPTIONS`
 */
export function requireNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new ToriiError(
    'ERR_INVALID_OPTIONS',
    `Torii needs Node.js ${oldestNode} or newer, and this process runs ${version}: install a newer Node.js, and start the application with it`,
  )
}
