/**
 * What the storage promises about calls that run at the same time: `[title, [id, promise][]][]`. A test plays a race
 * when its name carries the id. A race that is an attack has the ids of security-lines.mjs.
 */
export const raceSections = [
  [
    'Accounts',
    [
      ['T1.15 T1.16', 'Many callers register one email address: one account'],
      [
        'R1.1',
        'A registration that sends mail runs against others like it, and against the deletion of the account that has the email address',
      ],
      ['R1.2', 'A user is deleted during all other operations: nothing is left, nothing throws'],
      [
        'R1.3',
        'Two operations on one user, in every order, while the first waits for a lock: each ends as one after the other would',
      ],
    ],
  ],
  [
    'Guesses and mail',
    [
      ['T1.20', 'Parallel guesses never pass the limit, and a refused guess sees no hash'],
      [
        'T1.21',
        'Of a burst of codes five wrong ones are tried; after that the right one is refused too',
      ],
      ['T1.22', 'Parallel counts and refunds of a rate limit lose nothing'],
      ['R2.1', 'Guesses, successes and mail lock rate limits in one order: no deadlock'],
      [
        'R2.2',
        'A call that waits to store a magic link or a token does not block the rate limit of its IP address',
      ],
      ['R2.3', 'Exactly the allowed number of mails is sent'],
      ['R2.4', 'Many callers run an operation whose first row does not exist yet: no deadlock'],
    ],
  ],
  [
    'Links and tokens',
    [
      [
        'T1.1',
        'Many callers open one link or type one code, also while new links are issued: one session',
      ],
      [
        'T1.2',
        'Many callers use one reset token, also while new ones are issued and the password changes: one wins',
      ],
      ['T1.3', 'Many callers use one verification or one email change: one wins'],
      ['T1.11', 'Many tokens are issued at the same time: four remain at most'],
      [
        'R3.1',
        'An email address is proved while an attacker who registered it signs in and changes the password: nothing of the attacker remains',
      ],
      [
        'R3.2',
        'An email address is changed while others register it, move to it, or delete its account: one user has it',
      ],
      ['T1.7', 'A token expires while its use waits for a lock: refused'],
      [
        'R3.3',
        'A user is deleted while a call waits: the user does not come back and gets no mail',
      ],
    ],
  ],
  [
    'Providers and passkeys',
    [
      [
        'T1.17',
        'One identity signs in for the first time, many times at once: one user, one account',
      ],
      ['R4.1', 'Two providers and a magic link bring one email address at the same time: one user'],
      ['T1.4', 'Many callers answer one OAuth state: one wins'],
      ['T1.18', 'Many users link one identity: one has it'],
      [
        'R4.2',
        'An identity is linked or a passkey added while the email address is proved: it never counts afterwards',
      ],
      ['T1.19', 'The last two sign-in methods are removed at the same time: one remains'],
      ['T1.5', 'Many callers answer one passkey challenge: one wins'],
      ['R4.3', 'Many callers use one signature counter of a passkey: the counter never goes back'],
      [
        'T1.25',
        "A provider's tokens are replaced, and their refresh is leased, by many callers: one wins",
      ],
    ],
  ],
  [
    'Sessions and passwords',
    [
      [
        'R5.1',
        'All sessions are revoked during sign-ins: no session remains but the one that asked',
      ],
      ['R5.2', 'A password is removed while other callers set one: it does not come back'],
      ['T1.23', 'Many callers rotate one session: one has the new secret'],
      ['R5.3', 'A password is changed while a sign-in rehashes it: the change remains'],
      ['R5.4', 'Many callers touch one session: one writes'],
    ],
  ],
  [
    'Second factors',
    [
      [
        'R7.1',
        'A second factor is enrolled during sign-ins of every kind, also while each waits for the other: no live session is proved by one factor',
      ],
      [
        'R7.2',
        'Codes, step-ups, enrollments, removals and deletions meet: one code opens one session, and no deadlock',
      ],
      [
        'R7.3',
        'A process of version 0.1.0 opens sessions before, during and after an enrollment: none is valid after it',
      ],
    ],
  ],
  [
    'Maintenance',
    [
      ['R6.1', 'Many callers sweep expired rows during touches'],
      ['R6.2', 'Many deployments migrate at the same time: each step is applied once'],
    ],
  ],
]
