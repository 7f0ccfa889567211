import { ToriiError } from './errors.js'

/** The version of this package; a test compares it with package.json. */
export const coreVersion = '0.1.0'

/** One copy of torii-core in this process. */
interface Copy {
  readonly version: string
  readonly url: string
}

const thisCopy: Copy = Object.freeze({ version: coreVersion, url: import.meta.url })

/** The same symbol in every copy. */
const coreMark = Symbol.for('torii-core')

/** Marks a storage as created with this copy of torii-core, for {@link requireSameCore}. */
export function markCore(storage: object): void {
  Object.defineProperty(storage, coreMark, { value: thisCopy })
}

/**
 * Throws if a storage was created with another copy of torii-core: its errors would not be instances of this copy's
 * `ToriiError`, and each copy would refuse the password hashes of the other. Accepts a storage without a mark.
 * @throws ToriiError `ERR_INVALID_OPTIONS`
 */
export function requireSameCore(storage: unknown): void {
  if (typeof storage !== 'object' || storage === null) return
  const copy: unknown = Reflect.get(storage, coreMark)
  if (copy === undefined || copy === thisCopy) return
  throw new ToriiError(
    'ERR_INVALID_OPTIONS',
    `two copies of torii-core are loaded: ${describe(thisCopy)}, and ${describe(copy)} for the storage; run "npm ls torii-core" and install one version for all packages ("npm dedupe")`,
  )
}

const describe = (copy: unknown): string =>
  isCopy(copy) ? `${copy.version} from ${copy.url}` : 'an unknown version'

const isCopy = (value: unknown): value is Copy =>
  typeof value === 'object' && value !== null && 'version' in value && 'url' in value
