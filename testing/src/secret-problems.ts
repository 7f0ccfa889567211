import { readFile } from 'node:fs/promises'
import { createSecretSearch, secretsOfRun } from './issued-secrets.js'

/** Where a run looks for the secrets that it has issued. */
export interface SecretProblemsInput {
  /** The folder of the processes' notes; undefined when there is no server. */
  directory: string | undefined
  /** The server's log; undefined for a server that was given. */
  logFile: string | undefined
  /** Whether all files have run. */
  complete: boolean
}

/**
 * What the search for issued secrets finds at the end of a run: a secret in the server's log, or, in a run of all
 * files, that no process has noted one, so that nothing was searched for anywhere.
 */
export async function findSecretProblems(input: SecretProblemsInput): Promise<string[]> {
  const secrets = input.directory === undefined ? [] : secretsOfRun(input.directory)
  if (secrets.length === 0)
    return input.complete
      ? ['the search for secrets has seen none: secret-watch.ts does not work']
      : []
  const log = input.logFile === undefined ? '' : await readFile(input.logFile, 'latin1')
  const count = createSecretSearch(secrets).count(log)
  return count > 0 ? [`the server's log holds ${count} secrets that were issued`] : []
}
