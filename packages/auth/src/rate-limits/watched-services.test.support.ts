import type { Hooks, Torii } from '../index.js'
import type { PasswordHasher } from '../password-hashing/hashing.js'
import type { HashingShare } from '../password-hashing/hashing-queue.js'
import { createContext } from '../services/context/context.js'
import { createEmailService } from '../services/email/email.js'
import { createMagicLinkService } from '../services/magic-link/magic-link.js'
import { createPasskeyService } from '../services/passkey/passkey.js'
import { createPasswordService } from '../services/password/password.js'
import { createSecondFactorService } from '../services/second-factors/second-factors.js'
import { createSessionService } from '../services/sessions/sessions.js'
import type { TestSite } from '../test/site.test.support.js'

/** The services over the site's storage and the real hashing, which notes its work among the statements. */
export function watchServices(site: TestSite, options: Torii['options'], hooks: Hooks = {}) {
  const context = createContext(site.storage, options, hooks)
  const note = <Result>(work: 'hash' | 'verify', run: () => Result): Result => {
    site.statements.push(work)
    return run()
  }
  const watched = {
    ...context,
    hashing: {
      ...context.hashing,
      hasherFor(share: HashingShare): PasswordHasher {
        const hasher = context.hashing.hasherFor(share)
        return {
          ...hasher,
          hash: (...given) => note('hash', () => hasher.hash(...given)),
          verify: (...given) => note('verify', () => hasher.verify(...given)),
        }
      },
    },
  }
  return {
    password: createPasswordService(watched),
    email: createEmailService(watched),
    magicLink: createMagicLinkService(watched),
    passkey: createPasskeyService(watched),
    secondFactors: createSecondFactorService(watched),
    sessions: createSessionService(watched),
    async settled() {
      await context.background.settled()
      await context.mailQueue?.settled()
    },
  }
}
