import type { RepositoryProvider } from 'torii-core'
import type { Background } from '../base/background.js'
import { createBackground } from '../base/background.js'
import { tellNewSignIns } from '../mail/new-sign-in.js'
import type { Post } from '../mail/post.js'
import { createPost } from '../mail/post.js'
import type { PasswordHashing } from '../password-hashing/hashing.js'
import { createPasswordHashing } from '../password-hashing/hashing.js'
import type { PasswordJudge } from '../password-policy/judge.js'
import { createPasswordJudge } from '../password-policy/judge.js'
import { keepLater } from './effects/audit.js'
import type { Commit } from './effects/commit.js'
import { ownCommit } from './effects/commit.js'
import type { Tell } from './effects/tell.js'
import { createTell } from './effects/tell.js'
import type { Hooks } from './options/hooks.js'
import type { ResolvedOptions } from './options/options.js'

/** What an act needs that neither charges, hashes, sends nor asks anybody: it works in any transaction. */
export interface ActContext<Metadata extends object> {
  readonly options: ResolvedOptions
  /** Every write goes through it, so that audit, hook, events and mail share its fate. */
  readonly commit: Commit<Metadata>
}

/** What every service is made with. */
export interface ServiceContext<Metadata extends object> extends ActContext<Metadata> {
  /** For what reads, and for what counts attempts, which never happens in a caller's transaction. */
  readonly storage: RepositoryProvider<Metadata>
  /** Shared by all services of one Torii: its queue only bounds what passes through it. */
  readonly hashing: PasswordHashing
  /** Judges every new password. */
  readonly judge: PasswordJudge
  /**
   * Tells what needed no commit: a refusal, or something that `storage` did in one statement of its own. The
   * audit trail, where it is on, gets it after the answer.
   */
  readonly tell: Tell
  /** Tells what has been committed, its part of the audit trail with it. */
  readonly tellCommitted: Tell
  /** Work that goes on after the answer. */
  readonly background: Background
  /** Mail on its way out; null where nothing can be mailed. */
  readonly post: Post | null
}

/** The context of one Torii. */
export function createContext<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  options: ResolvedOptions,
  hooks: Hooks<Metadata>,
): ServiceContext<Metadata> {
  const post = openPost(options)
  const background = createBackground(options.keepAlive, options.log)
  const told = createTell(options.onEvent, post)
  const tellCommitted = tellNewSignIns(storage, options, background, told)
  return {
    options,
    storage,
    hashing: createPasswordHashing(options),
    judge: createPasswordJudge(options),
    commit: ownCommit(storage, { audit: options.audit, hooks }, tellCommitted),
    tell: keepLater(storage, options.audit, background, tellCommitted),
    tellCommitted,
    background,
    post,
  }
}

function openPost({ mailer, mail, baseUrl, keepAlive, log }: ResolvedOptions): Post | null {
  if (mailer === null) return null
  const { appName, messages, newSignIns: _, ...options } = mail
  const app = { name: appName, url: baseUrl.origin }
  return createPost({ mailer, app, messages, options, keepAlive, log })
}
