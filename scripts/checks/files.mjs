/**
 * Files are named for what they hold, and nothing is left for later: no drawer names, no reminders, no
 * test that switches the others off, no error silenced without TypeScript checking that it is one.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from '../repository.mjs'

export const name = 'files'

const drawer = /(?:^|\/)(?:utils?|helpers?|common|misc|types|interfaces)(?:\/|\.[\w.]+$)/
const leftovers = [
  [/\b(?:TO(?:DO)|FIX(?:ME))\b/, 'reminder: do it or open an issue'],
  [/\.only\(/, 'switches other tests off'],
  [/@ts-(?:ignore|nocheck)/, 'use @ts-expect-error with its reason'],
]

export function check(root) {
  return listFiles(root).flatMap((path) => [
    ...nameProblems(path),
    ...(path.endsWith('package-lock.json')
      ? []
      : textProblems(path, readFileSync(join(root, path), 'utf8'))),
  ])
}

/** A file or folder called utils, helpers, common, misc, types or interfaces. */
export const nameProblems = (path) =>
  drawer.test(path) ? [`${path}: name it for what it holds`] : []

/** Lines with a leftover; a file with NUL is not text. */
export function textProblems(path, text) {
  if (text.includes('\0')) return []
  return text
    .split('\n')
    .flatMap((line, index) =>
      leftovers
        .filter(([form]) => form.test(line))
        .map(([, reason]) => `${path}:${index + 1}: ${reason}`),
    )
}
