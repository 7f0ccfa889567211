/**
 * What a document names exists: every identifier in code marks (`camelCase` or `snake_case`) stands in a source. A renamed
 * option, method or column otherwise keeps its old name in the prose, which no compiler reads.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from '../repository.mjs'

export const name = 'names'

const isSource = /\.(?:tsx?|mjs|js|cjs|sql|json|yml)$|^\.ci\//
const isLeftOut = /package-lock\.json$|^docs\/moving-from-torii-rs\.md$|^CHANGELOG\.md$/
const identifier = /[A-Za-z_$][\w$-]*/g

/** Names of other programs, and of the past. */
const foreign = new Map([
  ['max_prepared_statements', 'a setting of PgBouncer'],
  ['UV_THREADPOOL_SIZE', 'a variable of Node.js'],
  ['ADDRESS_HEADER', 'a variable of adapter-node of SvelteKit'],
  ['XFF_DEPTH', 'a variable of adapter-node of SvelteKit'],
  ['strictPort', 'an option of Vite'],
  ['user_unavailable', 'a former name that a decision explains'],
  ['createBcryptVerifier', 'a former name that a decision explains'],
  ['credential_data', 'a column of Keycloak'],
  ['secret_data', 'a column of Keycloak'],
  ['pg_dump', 'a program of PostgreSQL'],
  ['NextAuth', 'a function of next-auth'],
  ['OAuthAccountNotLinked', 'an error of Auth.js'],
  ['allowDangerousEmailAccountLinking', 'an option of providers of Auth.js'],
  ['encryptOAuthTokens', 'an option of Better Auth'],
  ['secondaryStorage', 'an option of Better Auth'],
  ['pbkdf2_sha1$', 'the start of a hash of Django'],
  ['pbkdf2_sha256$', 'the start of a hash of Django'],
])

/** Problems of every document below `root`. */
export function check(root) {
  const read = (path) => readFileSync(join(root, path), 'utf8')
  const files = listFiles(root).filter((path) => !isLeftOut.test(path))
  const known = new Set(
    files
      .filter((path) => isSource.test(path))
      .flatMap((path) => read(path).match(identifier) ?? []),
  )
  return files
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => unknownNames(path, read(path), known))
}

function unknownNames(path, text, known) {
  let inCode = false
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*```/.test(line)) inCode = !inCode
    if (inCode) return []
    const spans = [...line.matchAll(/`([^`]+)`/g)].flatMap(
      ([, span]) => span.match(identifier) ?? [],
    )
    return spans
      .filter((word) => isName(word) && !known.has(word) && !foreign.has(word))
      .map((word) => `${path}:${index + 1}: nothing is called ${word}`)
  })
}

/** Two words in one, so not a word of the language; a prefix such as `TORII_TEST_` names a family. */
const isName = (word) => /[a-z][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]/.test(word) && !word.endsWith('_')
