/**
 * The races of the storage, each with the test that plays it. A test is written as `path: name` with `…` for what a
 * template puts in; `{rounds}` in the counts is the constant of that name at the top of the test's file.
 */
const storage = (file, name, counts) => ({
  test: `packages/storage-postgres/src/${file}.test.ts: ${name}`,
  counts,
})
const everyEngine = (file, name) => ({
  test: `packages/core/src/conformance/${file}.ts: ${name}`,
  counts: 'once, on every engine',
})

const singleUse =
  '{sizes} callers, {rounds} rounds each; in every third the row is held until all wait'

/** `[title, [race, ...proofs][]][]`. */
export const raceSections = [
  [
    'Accounts',
    [
      [
        'Many register one address: one account',
        storage(
          'races',
          'T1.15 T1.16 … register one address in two spellings: one account, … rounds',
          '{registerRounds} rounds of {registerCallers}',
        ),
        storage(
          'races',
          'T1.15 a hundred register one address at once: one account',
          'a hundred callers, once',
        ),
        everyEngine(
          'users',
          'register: one winner among twenty callers with spellings of one address',
        ),
      ],
      [
        'A registration that mails, against others like it and against the deletion of who has the address',
        everyEngine(
          'users-verification',
          'register: of twenty with a token for one new address one wins, whose token counts',
        ),
        everyEngine(
          'users-verification',
          'register: raced against itself for a taken address, one token counts',
        ),
        everyEngine('users-verification', 'register: raced against the deletion of the owner'),
      ],
      [
        'A user is deleted among all other operations: nothing is left, nothing throws',
        storage(
          'races',
          'T1.14 one of one or two deletions succeeds, and nothing of the user is left',
          '{deleteRounds} rounds of {deleteFlows} others, two deletions in half of them',
        ),
        storage(
          'epochs',
          'users.delete in the midst of sign-ins and registrations leaves nothing: … rounds',
          '{rounds} rounds of {crowd}',
        ),
      ],
      [
        'Two operations on one user, the second entering while the first waits for a lock',
        storage(
          'interleaving',
          'each ends as one call after the other would',
          'all ordered pairs of all operations that write to a user, each lock that the first waits for held in turn: some 6,000 rounds',
        ),
        storage('interleaving', 'none is ended by a deadlock', 'the same rounds'),
      ],
    ],
  ],
  [
    'Guesses and mail',
    [
      [
        'Parallel guesses never pass a cap, and a refused one sees no hash',
        storage(
          'races',
          'T1.20 of … guesses at one account … see a hash, … rounds',
          '{guessRounds} rounds of {guesses}, cap {accountCap}',
        ),
        storage(
          'races',
          'T1.20 of … guesses from one network at as many accounts … see a hash, … rounds',
          '{networkRounds} rounds of {guesses}, cap {networkCap}',
        ),
      ],
      [
        'Of a burst of codes five wrong ones are tried, then even the right one is refused',
        storage(
          'single-use',
          'T1.21 of 64 codes at once, the right one among them, five wrong ones are tried at most',
          '{rounds} rounds',
        ),
      ],
      [
        'Charges and refunds at once are counted to the last one',
        storage(
          'races',
          'T1.22 … charges and as many refunds of a network are counted to the last one',
          '{guesses} of each',
        ),
      ],
      [
        'Guesses, successes and mails lock counts in one order',
        storage(
          'races',
          '… guesses, successes and mails over 4 accounts and 3 networks: no deadlock',
          '{mixedCalls} calls, {guesses} at a time',
        ),
      ],
      [
        'Who waits to replace a mailed link or token leaves the count of the network free',
        storage(
          'waiting-mail',
          'a request for a mail that waits lets others of its network pass: …, held up by …',
          'five ways to wait, forced by a held lock',
        ),
      ],
      [
        'An allowance of mails is sent exactly',
        everyEngine('magic-links', 'issue: of twenty at once the allowance of the address is sent'),
        everyEngine('login-attempts-mail', 'chargeMail: of twenty at once the allowance is sent'),
      ],
    ],
  ],
  [
    'Links and tokens',
    [
      [
        'One link is opened by many: one session, one take-over',
        storage(
          'single-use',
          'T1.1 one magic link opened by 2, 8 and 64 at once: one session, and one take-over',
          singleUse,
        ),
        storage('single-use', 'T1.1 one code typed by 2, 8 and 64 at once: one session', singleUse),
      ],
      [
        'Links of one address are issued while others are opened: one user, each link once',
        storage(
          'issue-races',
          'T1.1 T1.11 … links of one address, each opened by … as soon as it is issued, … rounds',
          '{linkRounds} rounds of {linkIssues} links and {linkCallers} callers of each',
        ),
      ],
      [
        'One token is used by many',
        storage(
          'single-use',
          'T1.2 one reset token used by 2, 8 and 64 at once: the password is that of the winner',
          singleUse,
        ),
        storage(
          'single-use',
          'T1.3 one verification used by 2, 8 and 64 at once, with the password and without',
          singleUse,
        ),
        storage('single-use', 'T1.3 one change of address used by 2, 8 and 64 at once', singleUse),
      ],
      [
        'Resets of one user are issued while others are used, beside sign-ins and a change of the password',
        storage(
          'issue-races',
          'T1.2 T1.11 … resets of one user, each used by … as soon as it is issued, beside sign-ins and a change, … rounds',
          '{resetRounds} rounds of {resetIssues} tokens and {resetCallers} callers of each',
        ),
        storage(
          'take-over',
          'two resets of one token, three sign-ins and a change: … rounds',
          '{rounds} rounds',
        ),
      ],
      [
        'A mailbox is proved while a squatter registers, signs in and changes the password',
        storage(
          'take-over',
          '… callers of one link beside a registration: … rounds',
          '{rounds} rounds of {callers}',
        ),
        storage(
          'take-over',
          "the attacker's account is used while the victim comes by …: … rounds",
          '{rounds} rounds by link and as many by reset',
        ),
      ],
      [
        'An address is changed while it is registered and its account is deleted',
        storage(
          'take-over',
          'a change of address beside a registration of it and a deletion: … rounds',
          '{rounds} rounds',
        ),
        everyEngine(
          'verification-tokens-change',
          'changeEmail: of twenty users who move to one address at once one has it',
        ),
        everyEngine(
          'verification-tokens-change',
          'changeEmail: two users who want to swap addresses at once both keep theirs',
        ),
      ],
      [
        'What is used expires, or its user is deleted, while the use waits',
        storage(
          'take-over',
          'is refused by a link that expires meanwhile',
          'forced by a held lock',
        ),
        storage(
          'take-over',
          'is refused by a reset token that expires meanwhile',
          'forced by a held lock',
        ),
        storage(
          'take-over',
          'never brings a user back who is deleted meanwhile',
          'forced by a held lock',
        ),
      ],
    ],
  ],
  [
    'Providers and passkeys',
    [
      [
        'One identity signs in for the first time, many times at once: one user, one account',
        storage(
          'first-logins',
          '…: one user, one account, … sessions',
          '{rounds} rounds of {crowd} for each of: verified address, unverified, none',
        ),
      ],
      [
        'Two providers and a magic link bring one address at once: one user',
        storage(
          'first-logins',
          'two providers and a magic link bring one address at once: one user, … rounds',
          '{rounds} rounds',
        ),
      ],
      [
        'One state is answered by many',
        storage('single-use', 'T1.4 one OAuth state answered by 2, 8 and 64 at once', singleUse),
      ],
      [
        'One identity is linked by many users, or linked and added while a mailbox is proved',
        storage(
          'single-use',
          'T1.18 one identity linked by 2, 8 and 64 users at once: one has it',
          singleUse,
        ),
        storage(
          'ways-in',
          'link: the identity never counts afterwards',
          '{takeOverRounds} rounds of {callers}',
        ),
        storage(
          'ways-in',
          'passkeys.add: the passkey never counts afterwards',
          '{takeOverRounds} rounds of {callers}',
        ),
      ],
      [
        'The last two ways in are taken away at once: one stays',
        storage(
          'ways-in',
          '…: one stays, … rounds',
          '{unlinkRounds} rounds of {callers} for each of five pairs',
        ),
        storage(
          'ways-in',
          'all three kinds and two of each, removed at once: one stays',
          'half as many rounds of five',
        ),
      ],
      [
        'One challenge is answered, one count is used, by many',
        storage(
          'single-use',
          'T1.5 one challenge of signing in answered by … at once, … rounds',
          '{passkeyRounds} rounds of {passkeyCallers}',
        ),
        storage(
          'single-use',
          'one count of a passkey used by … at once, … rounds',
          '{passkeyRounds} rounds of {passkeyCallers}',
        ),
        storage(
          'single-use',
          'T1.5 one challenge of registering answered by 2, 8 and 64 at once',
          singleUse,
        ),
      ],
      [
        "A provider's tokens are replaced, their refresh is leased, by many",
        everyEngine('oauth-accounts-tokens', 'replaceTokens: one winner among twenty'),
        everyEngine('oauth-accounts-tokens', 'leaseRefresh: one winner among twenty'),
      ],
    ],
  ],
  [
    'Sessions and passwords',
    [
      [
        'Everything is ended in the midst of sign-ins: no session lives but the one that asked',
        storage(
          'epochs',
          '…: … rounds against …',
          '{rounds} rounds of {crowd} for each of five endings',
        ),
      ],
      [
        'A password is removed while others set one',
        storage(
          'epochs',
          'passwords.set in the midst of a removal never brings a password back: … rounds',
          '{rounds} rounds of {crowd}',
        ),
      ],
      [
        'A session gets a new secret by many',
        storage(
          'epochs',
          'sessions.rotate and reauthenticate: one of 20 has the new secret, the old one is dead',
          '{rounds} rounds',
        ),
      ],
      [
        'A password is changed while it is hashed anew',
        everyEngine(
          'passwords-sign-in',
          'signIn: of twenty with a rehash racing a change none undoes the change',
        ),
      ],
      [
        'A session is touched by many',
        everyEngine('sessions-touch', 'touch: one writer among twenty'),
      ],
    ],
  ],
  [
    'Upkeep',
    [
      [
        'Expired rows are swept by many beside touches',
        storage(
          'sweep',
          'deletes expired sessions and leaves live ones, by four sweepers beside touches',
          'four sweepers, 20,000 rows',
        ),
      ],
      [
        'Many deployers migrate at once',
        storage(
          'migrations',
          'ten deployers at once apply each step once and all succeed, round …',
          'ten at once',
        ),
        storage(
          'pgbouncer',
          'lets ten deployers migrate at once',
          'ten at once, through PgBouncer',
        ),
      ],
    ],
  ],
]
