import type { Redirect } from '../page.js'
import type { UserNotice } from './pages/user-notices.js'
import type { ConsoleCall } from './route.js'

// Each action is an operation of torii.admin: one commit with its row in the audit trail. The next page shows the result.

const then = (userId: string, notice: UserNotice): Redirect => ({
  location: `/users/${userId}?done=${notice}`,
})

export const disable = async ({ torii }: ConsoleCall, userId: string): Promise<Redirect> =>
  then(userId, (await torii.admin.disable(userId)) === null ? 'gone' : 'disabled')

export const enable = async ({ torii }: ConsoleCall, userId: string): Promise<Redirect> =>
  then(userId, (await torii.admin.enable(userId)) === null ? 'gone' : 'enabled')

export const unlock = async ({ torii }: ConsoleCall, userId: string): Promise<Redirect> =>
  then(userId, (await torii.admin.unlock(userId)) ? 'unlocked' : 'cleared')

export const resetSecondFactors = async (
  { torii }: ConsoleCall,
  userId: string,
): Promise<Redirect> =>
  then(userId, (await torii.admin.resetSecondFactors(userId)) ? 'factors-reset' : 'no-factors')

export const endSessions = async ({ torii }: ConsoleCall, userId: string): Promise<Redirect> =>
  then(userId, (await torii.admin.endSessions(userId)) > 0 ? 'sessions-ended' : 'no-session')

export const endSession = async (
  { torii }: ConsoleCall,
  userId: string,
  sessionId: string,
): Promise<Redirect> =>
  then(userId, (await torii.admin.endSession(userId, sessionId)) ? 'session-ended' : 'no-session')
