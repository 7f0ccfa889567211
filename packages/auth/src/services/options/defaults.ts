import { availableParallelism } from 'node:os'
import type { PasskeyHint } from '../../webauthn/hints.js'

/** The defaults with their sources. */
export const defaults = Object.freeze({
  /** The usual place of authentication routes. Nothing else in the code names it. */
  basePath: '/auth',
  /** OWASP ASVS 5.0, 3.4.2: an allow-list of exact origins, by default only the application's own. */
  trustedOrigins: Object.freeze([] as readonly string[]),
  cookie: Object.freeze({
    name: 'torii',
    /** OWASP ASVS 5.0, 3.3.3: the prefix `__Host-`, which a domain rules out, binds the cookie to its host. */
    domain: null,
    /** OWASP ASVS 5.0, 3.3.2. Links in mails and providers send the browser here from other sites. */
    sameSite: 'lax' as const,
  }),
  session: Object.freeze({
    /** NIST SP 800-63B-4 asks for no idle limit at AAL1; a week ends forgotten sessions on shared devices. */
    idleSeconds: 604_800,
    /** NIST SP 800-63B-4, AAL1: reauthenticate at least once per 30 days. OWASP ASVS 5.0, 7.3.2. */
    absoluteSeconds: 2_592_000,
    /** On a device that others use, a session must not outlive the visit by much: NIST SP 800-63B-4 asks for a day at AAL2. */
    unrememberedSeconds: 86_400,
    /** Keeps most reads from writing: at most one write a minute per session. Precise enough for a list of devices. */
    touchSeconds: 60,
    /** OWASP ASVS 5.0, 7.5.1 requires re-authentication before sensitive changes; ten minutes cover one visit to a settings page. */
    recentSeconds: 600,
  }),
  password: Object.freeze({
    /** NIST SP 800-63B-4 section 3.1.1.2: at least 15 when the password is the only factor. */
    minLength: 15,
    /** Half an hour: Copenhagen Book, about an hour at most; users wait for the mail. */
    resetSeconds: 1800,
    hashing: Object.freeze({
      /** OWASP Password Storage Cheat Sheet: Argon2id with m=19456 (19 MiB), t=2, p=1. */
      memoryKib: 19_456,
      passes: 2,
      lanes: 1,
      /** More than one per core is not faster. OWASP ASVS 5.0, 15.2.2. */
      concurrency: availableParallelism(),
      /** About one second of work per core; beyond that, refusing is better than waiting. */
      maxWaiting: 128,
      /** A second secret to store, back up and rotate: the administrator decides. */
      pepper: false,
    }),
    /** Off by default: it calls a third-party service. */
    breached: null,
    legacyVerifiers: Object.freeze([]),
    /** Off by default: it calls a third-party service. */
    importedPassword: null,
  }),
  magicLink: Object.freeze({
    /** OWASP ASVS 5.0, 6.5.5: an out-of-band request is valid for at most ten minutes. */
    lifetimeSeconds: 600,
    /** One form for signing in and registering, as in most services. */
    signUp: true,
    /** Off by default: it needs the option keys. */
    code: false,
  }),
  secondFactor: Object.freeze({
    /** OWASP ASVS 5.0, 6.3.3 asks for a second factor at level 2: the application decides of whom. */
    required: 'optional' as const,
    /** Off by default: a stolen browser profile and the password then sign in. OWASP MFA Cheat Sheet. */
    trustedBrowsers: false as const,
  }),
  mail: Object.freeze({
    /** Users with many browsers would learn to ignore it. OWASP ASVS 5.0, 6.3.5 requires it for suspicious sign-ins. */
    newSignIns: false,
    /** Small servers accept few connections per client. */
    concurrency: 4,
    /** A few hundred bytes each; a site that mails more in one outage needs a job queue (docs/mail.md). */
    maxInMemory: 1000,
    /** RFC 5321 section 4.5.3.2 allows minutes, but users wait for links that are valid for ten. */
    sendSeconds: 60,
    /** Enough for a restarting server; the waits double, so an outage or greylisting costs few attempts. */
    retrySeconds: 2,
    /** Container platforms wait ten seconds or more after SIGTERM before they kill a process. */
    shutdownSeconds: 3,
  }),
  oauth: Object.freeze({
    /** OWASP ASVS 5.0, 6.5.5: an out-of-band request is valid for at most ten minutes; a sign-in at a provider takes one or two. */
    flowSeconds: 600,
    /** OWASP ASVS 5.0, 3.7.2: redirects only to listed origins; by default only to this site. */
    redirectOrigins: Object.freeze([]),
    /** Users do not wait longer for a sign-in. */
    requestSeconds: 10,
  }),
  jwt: Object.freeze({
    /** The time for which an ended session may still be accepted: short, but long enough to save most queries. */
    lifetimeSeconds: 300,
  }),
  email: Object.freeze({
    /** NIST SP 800-63A: an enrollment code by email is valid for a day. Users may read the mail hours later. */
    verifySeconds: 86_400,
    /** The user is signed in and waits for the mail. */
    changeSeconds: 3600,
  }),
  bruteForce: Object.freeze({
    /**
     * NIST SP 800-63B-4 section 3.2.2: at most 100 consecutive failures, here 50 by strangers, 20 in a session and 20 by a
     * known browser, with waits that grow from 30 s to an hour. OWASP ASVS 5.0, 6.1.1. Ten attempts in 15 minutes are more
     * than a user who mistypes needs.
     */
    account: Object.freeze({
      cap: 10,
      windowSeconds: 900,
      lockSeconds: 30,
      maxLockSeconds: 3600,
      limit: 50,
      forgetSeconds: 2_592_000,
    }),
    /** OWASP Authentication Cheat Sheet, device cookies. It is forgotten with the cookie, after half a year. */
    knownBrowser: Object.freeze({
      cap: 10,
      windowSeconds: 900,
      lockSeconds: 30,
      maxLockSeconds: 3600,
      limit: 20,
      forgetSeconds: 15_552_000,
    }),
    /** A household's browsers together; against a thief of several of their cookies. */
    knownBrowsers: Object.freeze({
      cap: 60,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /**
     * Against one password tried on many accounts. An IP address can serve an office or a mobile carrier, so its cap is
     * ten times that of an account, and its lock is short and never grows.
     */
    ipAddress: Object.freeze({
      cap: 100,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Limits rows and hashes by unknown users; 200 an hour let a full lecture hall register. */
    registrations: Object.freeze({
      cap: 200,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Users request a slow mail about three times. */
    mailbox: Object.freeze({ burst: 3 }),
    /** Each sends a mail to an address that the user names. */
    emailChanges: Object.freeze({
      cap: 10,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Against mail to many mailboxes from one IP address; the same limit as for passwords. */
    mailRequests: Object.freeze({
      cap: 100,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Copenhagen Book: ten attempts an hour for a code of eight digits. OWASP ASVS 5.0, 6.6.3. */
    codes: Object.freeze({
      cap: 10,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 50,
      forgetSeconds: 2_592_000,
    }),
    /**
     * NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row. Of a million codes two are right at a
     * time, so 100 guesses succeed with a chance of 1 in 5,000. OWASP ASVS 5.0, 6.6.3.
     */
    secondFactors: Object.freeze({
      cap: 10,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 100,
      forgetSeconds: 2_592_000,
    }),
    /** A user opens an expired link a few times; a success is not counted. The same limit as for passwords. */
    completions: Object.freeze({
      cap: 100,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** More than a visit to a settings page needs, and few enough rows in the audit trail. */
    sessionRequests: Object.freeze({
      cap: 100,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Each stores a session that lives for days; users have a handful of clients. */
    derivedSessions: Object.freeze({
      cap: 20,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** A passkey ceremony stores a short-lived row; 300 in ten minutes let an office sign in at nine in the morning. */
    starts: Object.freeze({
      cap: 300,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
  }),
  passkey: Object.freeze({
    /** NIST SP 800-63B-4: a biometric or PIN makes a cryptographic authenticator multi-factor. */
    userVerification: 'required' as const,
    /** WebAuthn Level 3, section 15.1: five to ten minutes if user verification is required. */
    challengeSeconds: 300,
    /** A user's devices and some security keys; the limit keeps options and lists short. */
    maxPerUser: 20,
    /** WebAuthn Level 3, section 13.4.9: an application that is not designed for frames refuses them. */
    topOrigins: Object.freeze([] as readonly string[]),
    /** WebAuthn Level 3, section 5.8.7: without a hint, the browser knows best what the user has. */
    hints: Object.freeze([] as readonly PasskeyHint[]),
    /**
     * Five minutes: the browser asks its password manager right after the sign-in, and only the password has proved who the
     * user is. WebAuthn Level 3, section 5.1.3, requires a recent authentication, and leaves the time to the browser.
     */
    upgradeSeconds: 300,
  }),
  audit: Object.freeze({
    /** Long enough to notice an attack; most log-retention rules require at most a year. */
    retentionSeconds: 31_536_000,
  }),
})
