/**
 * The field's standard terms only: words that once were this project's private vocabulary are refused in identifiers,
 * in names of files and folders, and in texts that people read (messages, pages, mail, documents).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles } from '../repository.mjs'

export const name = 'language'

/** Words of identifiers and of paths: `[words, use instead]`. An identifier is read as its words in lower case. */
export const identifierWords = [
  [/\b(?:tell|tells|told|keep later)\b/, 'emit, return, throw, recordAfterResponse'],
  [/\b(?:story|stories|scene|scenes)\b/, 'effects, event context'],
  [/\b(?:act|acts)\b/, 'operation, action'],
  [/\b(?:letter|letters|letter box)\b/, 'queued mail, mail queue'],
  [/\b(?:joined|join (?!s\b)\w+)\b/, 'in-transaction, TransactionalX'],
  [/\b(?:asking|askings|who values|may act)\b/, 'actor, actorParams, isAllowed'],
  [/\bways? in\b/, 'sign-in methods'],
  [/\b(?:receipt|receipts|settle|lost answers?)\b/, 'readback, runWithRecovery, lost reply'],
  [/\b(?:door|doors)\b/, 'entry rows'],
  [/\blogin attempts?\b/, 'rate limits'],
  [/\b(?:judge|judges|judged|judgement|admit|admits|admitted)\b/, 'validate, acquire a slot'],
  [/\b(?:seal|seals|sealed|unseal|reseal|resealed|kept tokens)\b/, 'encrypt, decrypt, re-encrypt'],
  [/\b(?:fence|fences|lane|lanes)\b/, 'write deadline, reserved read connections'],
  [/\b(?:enrol|enrols|enrolment)\b/, 'enroll'],
  [/\baccount taken over\b/, 'unverified_credentials_removed'],
  [/\boperators?\b/, 'administrator'],
  [/\bend everything\b/, 'revokeAllSessionsAndTokens'],
  [/\b(?:stretch|stretches)\b/, 'interval'],
  [/\b(?:onlooker|aside|whoever|somebody|nobody)\b/, 'observer, otherConnection, a concrete noun'],
]

/** Phrases of texts that people read: `[phrase, use instead]`. */
export const phrases = [
  [/\be-mails?\b/i, 'email'],
  [/\bways? in\b/i, 'sign-in methods'],
  [/\bway to sign in\b/i, 'sign-in method'],
  [/\b(?:whoever|somebody|nobody|anybody)\b/i, 'a concrete noun: the user, the caller, no one'],
  [
    /\b(?:asking session|proof of identity|prove again)\b/i,
    'the current session, re-authentication',
  ],
  [/\bmailed links?\b/i, 'magic link, verification link, reset link'],
  [/\boperators?\b/i, 'administrator'],
  [/\b(?:end everything|end-everything|endEverything)\b/, 'revoke-all'],
  [/\blogin_attempts\b/, 'rate_limits'],
  [/\baccount_taken_over\b/, 'unverified_credentials_removed'],
  [/\benrol(?:s|ment)?\b/i, 'enroll'],
  [/\bunder way\b/i, 'running, in progress'],
  [/\bof (?:its|one.s|their|our|your|his) own\b/i, 'its own …, a separate …'],
  [/\bbeside\b/i, 'next to, during, in addition to'],
]

/** Where a refused word is the right one: `[path, word, reason]`. */
export const exceptions = [
  [
    /common-passwords|password-policy\/folding|^packages\/core\/src\/email\.ts$/,
    'letter',
    'a character of the alphabet',
  ],
  [/^scripts\/checks\/(?:markdown|docs)/, 'fence', 'the fence of a code block in Markdown'],
  [
    /argon2|\/password-hashing\/|\/services\/options\//,
    'lane',
    'RFC 9106 calls the parallel parts of Argon2 lanes',
  ],
  [/qualified-names|^decisions\/0005-search-path|^SECURITY\.md$/, 'operator', 'an operator of SQL'],
  [/^scripts\/checks\/promises/, 'operator', 'an operator of JavaScript'],
  [/\/(?:mail|texts)\/german\.ts$/, 'e-mail', 'the German spelling'],
  [/^testing\/README\.md$/, 'nobody', 'the account of that name on Linux'],
  [/^scripts\/checks\/language/, '', 'the list itself'],
  [/^CHANGELOG\.md$/, '', 'history keeps the words of its day'],
]

const sourceForm = /\.(?:tsx?|mjs|js)$/
const generated = /\.generated\.|^docs\/internals\/schema|package-lock/
/** Sources whose strings reach people: answers, pages, mail, the command, and the texts of the web application. */
const shown =
  /^(?:packages\/[^/]+\/src|examples\/[^/]+\/(?:src|public))\/(?!.*\.test\.)(?!test\/).*\.(?:tsx?|js)$/

/** Problems of every file below `root`. */
export function check(root) {
  return listFiles(root)
    .filter((path) => !generated.test(path))
    .flatMap((path) => [
      ...pathProblems(path),
      ...(sourceForm.test(path) ? sourceProblems(path, read(root, path)) : []),
      ...(path.endsWith('.md') ? proseProblems(path, read(root, path)) : []),
    ])
}

const read = (root, path) => readFileSync(join(root, path), 'utf8')

const isException = (path, found) =>
  exceptions.some(([form, word]) => form.test(path) && found.toLowerCase().includes(word))

/** `createPasswordJudge`, `login_attempts` and `ways-in.ts` as words in lower case with blanks between. */
export const wordsOf = (identifier) =>
  identifier
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase()

const refusedIn = (path, text, list) =>
  list.flatMap(([form, instead]) => {
    const found = form.exec(text)
    return found && !isException(path, found[0]) ? [[found[0], instead]] : []
  })

/** The names of the file and of its folders. */
export const pathProblems = (path) =>
  refusedIn(path, wordsOf(path.replace(/\.[a-z.]+$/, '')), identifierWords).map(
    ([found, instead]) => `${path}: the name says "${found}": ${instead}`,
  )

/** Identifiers that a source declares, and the texts in it that people read. */
export function sourceProblems(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const problems = new Map()
  const add = (node, found) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
    for (const [word, instead] of found)
      problems.set(`${line} ${word}`, `${path}:${line}: "${word}": ${instead}`)
  }
  const visit = (node) => {
    if (declares(node)) add(node.name, refusedIn(path, wordsOf(node.name.text), identifierWords))
    if (shown.test(path) && isText(node)) add(node, refusedIn(path, node.text, phrases))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...problems.values()]
}

/** A declaration with a plain name: a use of a foreign name, for example `assert.fail`, is not ours to choose. */
const declares = (node) =>
  node.name !== undefined &&
  ts.isIdentifier(node.name) &&
  !ts.isPropertyAccessExpression(node) &&
  !ts.isImportSpecifier(node) &&
  !ts.isMetaProperty(node) &&
  !(ts.isBindingElement(node) && node.propertyName === undefined && isForeignBinding(node))

/** `const { operator } = foreign`: the name comes from what is taken apart, unless that is ours, where it is declared. */
const isForeignBinding = (node) => ts.isObjectBindingPattern(node.parent)

const isText = (node) =>
  (ts.isStringLiteral(node) && !ts.isImportDeclaration(node.parent)) ||
  ts.isNoSubstitutionTemplateLiteral(node) ||
  ts.isTemplateHead(node) ||
  ts.isTemplateMiddle(node) ||
  ts.isTemplateTail(node)

/** Lines of a document, code blocks left out: what is in them is checked where it stands. */
export function proseProblems(path, text) {
  let inCode = false
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*```/.test(line)) inCode = !inCode
    if (inCode) return []
    return refusedIn(path, line, phrases).map(
      ([found, instead]) => `${path}:${index + 1}: "${found}": ${instead}`,
    )
  })
}
