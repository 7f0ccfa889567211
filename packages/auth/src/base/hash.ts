import * as crypto from 'node:crypto'

/**
 * `crypto.hash`. Importing it by name would make every module of an older Node.js fail with a SyntaxError, before
 * `requireNode` of torii-core can say which version is needed.
 */
export const { hash } = crypto
