import type { SessionLevel } from 'torii-core'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { readBoolean, readSection } from '../base/option-checks.js'

/** What a route of the application requires of a session. */
export interface SessionRequirementOptions {
  /** Whether the last authentication must be recent, as for changes of a password (default: false). */
  readonly recent?: boolean
  /**
   * 2: two factors must have been proved in the session (default: 1); with `recent`, recently. A session of less is answered
   * with 403 `level_required`.
   */
  readonly level?: SessionLevel
  /** A path of the application, such as `/sign-in`, to which a browser without a session is redirected instead of a 401. */
  readonly redirectTo?: string
}

/** What a session must prove. */
export type ProofOptions = Pick<SessionRequirementOptions, 'recent' | 'level'>

/**
 * Refuses what TypeScript would: a misspelled `level` would otherwise let every session pass.
 * @throws InvalidOptionsError
 */
export function checkProofOptions(options: ProofOptions, others: readonly string[] = []): void {
  const { recent, level } = readSection(options, '', ['recent', 'level', ...others])
  readBoolean(recent, 'recent', false)
  if (level !== undefined && level !== 1 && level !== 2)
    throw new InvalidOptionsError('level', 'must be 1 or 2')
}

/** @throws InvalidOptionsError @throws InvalidInputError if `redirectTo` is not a path of this site */
export function checkSessionRequirement(options: SessionRequirementOptions): void {
  checkProofOptions(options, ['redirectTo'])
  requireOwnPath(options.redirectTo)
}

/** A redirect must not leave the site, and a browser reads `/\` as `//`. */
function requireOwnPath(path: string | undefined): void {
  if (path !== undefined && !/^\/(?![/\\])[^\s\\]*$/.test(path))
    throw new InvalidInputError('redirectTo', 'must be a path of this site, like /sign-in')
}
