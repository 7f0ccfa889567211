import { scrypt as compute } from 'node:crypto'

/** The cost of scrypt: N, r and p of RFC 7914. */
export interface ScryptCost {
  readonly cost: number
  readonly blockSize: number
  readonly lanes: number
}

/**
 * `work`, 128 N r p, is 1 MiB to 256 MiB: about a second at the most. The memory, 128 N r, is no more than that; OWASP's
 * strongest setting takes 128 MiB.
 */
const limits = Object.freeze({ minWork: 2 ** 20, work: 2 ** 28, lanes: 16, blockSize: 32 })

/** Whether a stored hash of this cost is computed. */
export function isScryptCost({ cost, blockSize, lanes }: ScryptCost): boolean {
  const isPowerOfTwo = Number.isInteger(Math.log2(cost)) && cost >= 2
  if (!(isPowerOfTwo && blockSize >= 1 && blockSize <= limits.blockSize)) return false
  if (!(lanes >= 1 && lanes <= limits.lanes)) return false
  const work = 128 * cost * blockSize * lanes
  return work >= limits.minWork && work <= limits.work
}

/** Computes scrypt on the thread pool. */
export const scrypt = (
  password: string,
  salt: string | Buffer,
  length: number,
  { cost, blockSize, lanes }: ScryptCost,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { N: cost, r: blockSize, p: lanes, maxmem: 2 * limits.work }
    compute(password, salt, length, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
