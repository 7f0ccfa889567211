import type { JoinedTransaction, RepositoryProvider, TransactionRepositories } from 'torii-core'
import type { AuditOptions } from '../options/audit.js'
import type { Hooks } from '../options/hooks.js'
import { auditEvents } from './audit.js'
import type { Story } from './story.js'
import type { Tell } from './tell.js'

/** Repositories that one act writes through. */
type Act<Metadata extends object, Outcome> = (
  repositories: TransactionRepositories<Metadata>,
) => Promise<Outcome>

/** Tells the story of an outcome; a refusal mostly has none. */
type StoryOf<Metadata extends object, Outcome> = (outcome: Outcome) => Story<Metadata>

/**
 * Runs an act as one commit with what belongs to it: the audit trail and the hook for a new account. What
 * is to be told (events, mail) is told once it is committed.
 */
export interface Commit<Metadata extends object> {
  /**
   * @param act one call of a repository: it is one statement by itself
   * @param storyOf what its outcome is to be told as; pure, called once
   * @param makesUser true where the act may make an account, which the hook wants to see in the same commit
   */
  <Outcome>(
    act: Act<Metadata, Outcome>,
    storyOf: StoryOf<Metadata, Outcome>,
    makesUser?: boolean,
  ): Promise<Outcome>
}

/** What an act's commit takes along, besides the act. */
export interface Companions<Metadata extends object> {
  readonly audit: AuditOptions | null
  readonly hooks: Hooks<Metadata>
}

/**
 * The commit of a call by itself. Without audit and hook the act is one statement and nothing more; with
 * one of them it runs in a short transaction, with nothing but SQL and the hook inside.
 */
export function ownCommit<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  companions: Companions<Metadata>,
  tell: Tell,
): Commit<Metadata> {
  return async (act, storyOf, makesUser = false) => {
    const hooked = makesUser && companions.hooks.onUserCreated !== undefined
    if (companions.audit === null && !hooked) {
      const outcome = await act(storage)
      tell(storyOf(outcome))
      return outcome
    }
    const { outcome, story } = await storage.transaction(async (tx) => {
      const outcome = await act(tx)
      const story = storyOf(outcome)
      await complete(tx, companions, story)
      return { outcome, story }
    })
    tell(story)
    return outcome
  }
}

/** The commit of a call inside the application's own transaction: `later` is told when that has committed. */
export function joinedCommit<Metadata extends object>(
  tx: JoinedTransaction<Metadata>,
  companions: Companions<Metadata>,
  later: Tell,
): Commit<Metadata> {
  return async (act, storyOf) => {
    const outcome = await act(tx)
    const story = storyOf(outcome)
    await complete(tx, companions, story)
    later(story)
    return outcome
  }
}

/** What shares the act's commit. A hook that throws ends the transaction: the account is not made. */
async function complete<Metadata extends object>(
  tx: JoinedTransaction<Metadata>,
  { audit, hooks }: Companions<Metadata>,
  { events = [], created = null }: Story<Metadata>,
): Promise<void> {
  if (audit !== null && events.length > 0)
    await tx.auditEvents.record(auditEvents(events, audit.retentionSeconds))
  if (created !== null) await hooks.onUserCreated?.(tx, created)
}
