import { availableParallelism } from 'node:os'

/** Every default, with where it comes from. */
export const defaults = Object.freeze({
  /** The usual place of authentication routes. Nothing else in the code names it. */
  basePath: '/auth',
  session: Object.freeze({
    /** NIST SP 800-63B-4 asks for no idle limit at AAL1; a week ends what is forgotten on a shared device. */
    idleSeconds: 604_800,
    /** NIST SP 800-63B-4, AAL1: reauthenticate at least once per 30 days. OWASP ASVS 5.0, 7.3.2. */
    absoluteSeconds: 2_592_000,
    /** One write a minute per session keeps reads reads; a list of devices needs nothing finer. */
    touchSeconds: 60,
    /** OWASP ASVS 5.0, 7.5.1 asks for a fresh proof before sensitive changes; ten minutes cover one visit to a page of settings. */
    recentSeconds: 600,
  }),
  password: Object.freeze({
    /** NIST SP 800-63B-4 section 3.1.1.2: at least 15 when the password is the only factor. */
    minLength: 15,
    /** Half an hour: Copenhagen Book, about an hour at most; a reset is asked for while one waits. */
    resetSeconds: 1800,
    hashing: Object.freeze({
      /** OWASP Password Storage Cheat Sheet: Argon2id with m=19456 (19 MiB), t=2, p=1. */
      memoryKib: 19_456,
      passes: 2,
      lanes: 1,
      /** More at once than cores makes each slower and none faster. OWASP ASVS 5.0, 15.2.2. */
      concurrency: availableParallelism(),
      /** About a second of work per core waiting; beyond it an honest refusal is quicker than an answer. */
      maxWaiting: 128,
      /** A second secret to keep, back up and rotate: a decision of the operator's. */
      pepper: false,
    }),
    /** Asking is asking somebody else's service. */
    breached: null,
    legacyVerifiers: Object.freeze([]),
  }),
  magicLink: Object.freeze({
    /** OWASP ASVS 5.0, 6.5.5: an out-of-band request lives at most ten minutes. */
    lifetimeSeconds: 600,
    /** Signing in and registering are one form then, as the common services have it. */
    signUp: true,
    /** Needs application keys, which a first run has none of. */
    code: false,
  }),
  mail: Object.freeze({
    /** People with many browsers would learn not to read it. OWASP ASVS 5.0, 6.3.5 asks for it where risk is judged. */
    newSignIns: false,
    /** Small servers take few connections from one client. */
    concurrency: 4,
    /** About what an outage of a minute piles up; each waiting message takes a few hundred bytes. */
    maxWaiting: 1000,
    /** RFC 5321 section 4.5.3.2 allows minutes; nobody waits that long for a link that lives ten. */
    sendSeconds: 60,
    /** A restarted server is back, and greylisting would ask for more than anybody waits. */
    retrySeconds: 2,
  }),
  oauth: Object.freeze({
    /** OWASP ASVS 5.0, 6.5.5: an out-of-band request lives at most ten minutes; signing in at a provider takes one or two. */
    flowSeconds: 600,
    /** OWASP ASVS 5.0, 3.7.2: only what is listed, and that is this site. */
    redirectOrigins: Object.freeze([]),
    /** Nobody waits longer at a sign-in; a provider that is slower is down. */
    requestSeconds: 10,
  }),
  jwt: Object.freeze({
    /** So long may an ended session still pass: short enough to bear, long enough to save most questions. */
    lifetimeSeconds: 300,
  }),
  email: Object.freeze({
    /** NIST SP 800-63A: an enrolment code by mail works for a day. The mail may lie until the evening. */
    verifySeconds: 86_400,
    /** Asked for by somebody who is signed in and has both mailboxes open. */
    changeSeconds: 3600,
  }),
  bruteForce: Object.freeze({
    /**
     * NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, growing waits of 30 s up to an hour.
     * OWASP ASVS 5.0, 6.1.1. Ten in a quarter of an hour are more than a person who mistypes needs.
     */
    account: Object.freeze({
      cap: 10,
      windowSeconds: 900,
      lockSeconds: 30,
      maxLockSeconds: 3600,
      limit: 100,
      forgetSeconds: 2_592_000,
    }),
    /**
     * One password tried on many accounts. A network can be a whole office or a mobile carrier, so it
     * pays ten times an account's cap, its lock is short and never grows, and nothing is for good.
     */
    ipAddress: Object.freeze({
      cap: 100,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Rows and hashes made by somebody unknown; 200 an hour let a full lecture hall register. */
    registrations: Object.freeze({
      cap: 200,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** A person asks three times when a mail is slow; ten an hour are no flood of anybody's mailbox. */
    mailbox: Object.freeze({
      cap: 10,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** One network asking for mail to many mailboxes; the same share as for passwords. */
    mailRequests: Object.freeze({
      cap: 100,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Copenhagen Book: ten tries an hour for a code of eight digits. OWASP ASVS 5.0, 6.6.3. */
    codes: Object.freeze({
      cap: 10,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 100,
      forgetSeconds: 2_592_000,
    }),
    /** Each start stores a short-lived row; 300 in ten minutes let an office sign in at nine. */
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
    /** WebAuthn Level 3, section 15.1: five to ten minutes where a person must be verified. */
    challengeSeconds: 300,
    /** A person's devices and a few security keys; a bound keeps options and lists short. */
    maxPerUser: 20,
    /** WebAuthn Level 3, section 13.4.9: an application that is not made for frames refuses to be in one. */
    topOrigins: Object.freeze([] as readonly string[]),
  }),
  audit: Object.freeze({
    /** Kept as long as a person may need to notice; a year is what most rules of log keeping ask for at most. */
    retentionSeconds: 31_536_000,
  }),
})
