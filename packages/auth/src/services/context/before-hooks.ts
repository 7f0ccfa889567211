import { ToriiError } from 'torii-core'
import { createDeadline } from '../../base/deadline.js'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import { requestOf } from '../../base/request-info.js'
import type { Attempt, HookRefusal, Hooks, HookVerdict } from '../options/hooks.js'
import type { RefusedByApplication } from '../refusals.js'

/** A call that is about to begin. `email` is one that was validated. */
export interface BeginningCall {
  readonly operation: Attempt['operation']
  readonly info: CheckedRequestInfo
  readonly email?: string
  readonly fields?: unknown
}

type BeforeHookName = 'beforeRegister' | 'beforeSignIn' | 'beforeSession'

/**
 * Runs these hooks of the application, in this order, and returns the first refusal, or null if the call may go on. Call it
 * before anything is counted, hashed or queried.
 * @throws ToriiError ERR_HOOK if a hook throws, is late or returns something else
 * @throws ToriiError ERR_BUSY if too many hooks are running
 */
export type BeforeHooks = (
  names: readonly BeforeHookName[],
  call: BeginningCall,
) => Promise<RefusedByApplication | null>

/** The limits of the hooks. They may call a service of a third party, and run before any rate limit. */
const beforeHookLimits = Object.freeze({
  /** The longest wait for a hook. A bot check answers within one. */
  seconds: 5,
  /** Concurrent hooks: a flood must stop here. As many as passwords may wait to be hashed. */
  concurrency: 128,
})

export function createBeforeHooks(
  hooks: Pick<Hooks<never>, BeforeHookName>,
  { seconds, concurrency }: { seconds: number; concurrency: number } = beforeHookLimits,
): BeforeHooks {
  let free = concurrency

  const ask = async (name: BeforeHookName, call: BeginningCall): Promise<HookVerdict> => {
    const deadline = createDeadline(seconds)
    const { operation, email = null, fields, info } = call
    const { signal } = deadline
    const attempt = { operation, email, request: requestOf(info), signal }
    const run = async () => {
      free -= 1
      try {
        if (name === 'beforeRegister') return await hooks.beforeRegister?.({ ...attempt, fields })
        return await hooks[name]?.(attempt)
      } finally {
        // A late hook counts until it ends: its work goes on.
        free += 1
      }
    }
    try {
      return await Promise.race([run(), deadline.passed])
    } catch (cause) {
      throw new ToriiError('ERR_HOOK', `hooks.${name} failed or was late; see cause`, { cause })
    } finally {
      deadline.clear()
    }
  }

  return async (names, call) => {
    for (const name of names) {
      if (hooks[name] === undefined) continue
      if (free === 0)
        throw new ToriiError(
          'ERR_BUSY',
          `${concurrency} hooks are running, so nothing was done: make them answer faster, or add a process`,
        )
      const verdict = await ask(name, call)
      if (verdict === undefined || verdict === null) continue
      const { refuse: code, message } = readRefusal(name, verdict)
      return { ok: false, reason: 'refused_by_application', code, message }
    }
    return null
  }
}

/** Anything else, such as `false`, is a mistake of the hook, and fails the call. */
function readRefusal(name: BeforeHookName, verdict: unknown): HookRefusal {
  if (typeof verdict === 'object' && verdict !== null) {
    const { refuse, message } = verdict as { readonly [Name in keyof HookRefusal]?: unknown }
    if (isCode(refuse) && typeof message === 'string' && message.trim() !== '')
      return { refuse, message }
  }
  throw new ToriiError(
    'ERR_HOOK',
    `hooks.${name} must return nothing, or { refuse, message }: refuse is a code such as bot_suspected, message a sentence for the user`,
  )
}

const isCode = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z][a-z0-9_]{2,63}$/.test(value)
