import assert from 'node:assert/strict'
import { test } from 'vitest'
import { readObjects } from './json-objects.js'
import { recordsOf, withFile } from './sources.test.support.js'

const readFile = (source: string, text: string) => withFile(text, (path) => recordsOf(source, path))
const bcrypt = '$2b$10$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'

test('the objects of a list are read whole wherever a chunk ends', async () => {
  const text = '\n[ {"a":"}\\"]"},{"b":[{"c":{}}]} , {"d":tru} ]'
  const nested = `{"kind":"x","users":${text}}`
  for (const [whole, depth] of [
    [text, 1],
    [nested, 2],
  ] as const)
    for (const size of [whole.length, 1, 2, 3, 7]) {
      async function* chunks() {
        for (let at = 0; at < whole.length; at += size) yield whole.slice(at, at + size)
      }
      const records = []
      for await (const { line, fields } of readObjects(chunks(), depth))
        records.push([line, fields])
      assert.deepEqual(records, [
        [1, { a: '}"]' }],
        [2, { b: [{ c: {} }] }],
        [3, null],
      ])
    }
})

test('a file that was cut off has an invalid last account', async () => {
  assert.deepEqual(await readFile('firebase', '{"users":[{"localId":"1"'), [null])
  const [first, cut] = await readFile('clerk', '[{"id":"1"},')
  assert.deepEqual([first?.id, cut], ['1', null])
})

test('clerk: the csv file of the dashboard has hashes and secrets', async () => {
  const text = [
    '\ufeffid,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher',
    `user_1,Ada,Lovelace,,ada@example.com,,"ada@example.com,a@example.org",,,,JBSWY3DPEHPK3PXP,${bcrypt},bcrypt`,
    'user_2,,,ben,,,,ben@example.com,,,,,',
    'user_3',
  ].join('\n')
  const [ada, ben, cut] = await readFile('clerk', text)
  assert.deepEqual(ada, {
    id: 'user_1',
    email: 'ada@example.com',
    emailVerified: true,
    name: 'Ada Lovelace',
    createdAt: null,
    passwordHash: bcrypt,
    totp: { secret: 'JBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 },
  })
  assert.deepEqual(
    [ben?.email, ben?.emailVerified, ben?.name, ben?.passwordHash],
    ['ben@example.com', false, null, null],
  )
  assert.equal(cut, null)
})

test('clerk: the JSON of the Backend API has provider accounts, and only metadata that users cannot write', async () => {
  const [ada] = await readFile(
    'clerk',
    JSON.stringify([
      {
        id: 'user_1',
        first_name: 'Ada',
        last_name: null,
        image_url: 'https://img.example/a',
        has_image: true,
        primary_email_address_id: 'e2',
        email_addresses: [
          { id: 'e1', email_address: 'old@example.com', verification: { status: 'verified' } },
          { id: 'e2', email_address: 'ada@example.com', verification: { status: 'unverified' } },
        ],
        external_accounts: [
          {
            provider: 'oauth_google',
            provider_user_id: '17',
            verification: { status: 'verified' },
          },
          {
            provider: 'oauth_github',
            provider_user_id: '5',
            verification: { status: 'unverified' },
          },
        ],
        public_metadata: { plan: 'pro' },
        unsafe_metadata: { role: 'admin' },
        banned: true,
        totp_enabled: true,
        created_at: 1_600_000_000_000,
        updated_at: 1_700_000_000_000,
      },
    ]),
  )
  assert.deepEqual(ada, {
    id: 'user_1',
    email: 'ada@example.com',
    emailVerified: false,
    name: 'Ada',
    picture: 'https://img.example/a',
    metadata: { plan: 'pro' },
    createdAt: '2020-09-13T12:26:40.000Z',
    updatedAt: '2023-11-14T22:13:20.000Z',
    disabled: true,
    passwordHash: null,
    oauthAccounts: [{ provider: 'google', subject: '17' }],
    totp: 'unreadable',
  })
})

test('auth0: users with the hashes of a second file, and that file alone', async () => {
  const users = [
    {
      user_id: 'auth0|5dea',
      email: 'ada@example.com',
      email_verified: true,
      name: 'ada@example.com',
      app_metadata: { plan: 'pro' },
      user_metadata: { role: 'admin' },
      created_at: '2019-12-06T18:36:12.412Z',
      multifactor: ['guardian'],
    },
    { user_id: 'google-oauth2|17', email: 'ben@example.com', email_verified: false, blocked: true },
    {
      user_id: 'auth0|euclid',
      identities: [
        { provider: 'auth0', user_id: 'euclid' },
        { provider: 'github', user_id: 5 },
      ],
    },
  ]
  const hashes = [
    { _id: { $oid: '5dea' }, email: 'ada@example.com', email_verified: true, passwordHash: bcrypt },
    {
      _id: { $oid: '5deb' },
      alt_id: 'euclid',
      passwordHash: bcrypt,
      identifiers: [{ type: 'email', value: 'e@example.com', verified: true }],
    },
  ]
  const textOf = (list: readonly object[]) => list.map((each) => JSON.stringify(each)).join('\n')
  const [ada, ben, euclid] = await withFile(textOf(hashes), (passwordHashes) =>
    withFile(textOf(users), (path) => recordsOf('auth0', path, { passwordHashes })),
  )
  assert.deepEqual(
    [ada?.passwordHash, ada?.name, ada?.metadata, ada?.totp, ada?.oauthAccounts],
    [bcrypt, null, { plan: 'pro' }, 'unreadable', []],
  )
  assert.deepEqual(
    [ben?.disabled, ben?.passwordHash, ben?.oauthAccounts],
    [true, null, [{ provider: 'google', subject: '17' }]],
  )
  assert.deepEqual(
    [euclid?.passwordHash, euclid?.oauthAccounts, 'emailVerified' in Object(euclid)],
    [bcrypt, [{ provider: 'github', subject: '5' }], false],
  )
  const alone = await readFile('auth0', textOf(hashes))
  assert.deepEqual(
    alone.map((record) => [record?.id, record?.email, record?.emailVerified, record?.passwordHash]),
    [
      ['auth0|5dea', 'ada@example.com', true, bcrypt],
      ['auth0|euclid', 'e@example.com', true, bcrypt],
    ],
  )
})

const firebaseUsers = JSON.stringify({
  users: [
    {
      localId: 'a1',
      email: 'ada@example.com',
      emailVerified: true,
      passwordHash: 'lSrfV15c-x_SKJ==',
      salt: '42xEC-ixf3L2lw==',
      displayName: 'Ada',
      createdAt: '1600000000000',
      customAttributes: '{"plan":"pro"}',
      providerUserInfo: [
        { providerId: 'google.com', rawId: '17' },
        { providerId: 'password', rawId: 'ada@example.com' },
      ],
      mfaInfo: [{ mfaEnrollmentId: 'x', phoneInfo: '+1' }],
    },
    { localId: 'b2', disabled: true, customAttributes: '{', providerUserInfo: [] },
  ],
})

test('firebase: hashes with the parameters of the project', async () => {
  const console = `hash_config {
    algorithm: SCRYPT,
    base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
    base64_salt_separator: Bw==,
    rounds: 8,
    mem_cost: 14,
  }`
  const [ada, ben] = await withFile(console, (passwordHashes) =>
    withFile(firebaseUsers, (path) => recordsOf('firebase', path, { passwordHashes })),
  )
  assert.deepEqual(ada, {
    id: 'a1',
    email: 'ada@example.com',
    emailVerified: true,
    name: 'Ada',
    picture: null,
    metadata: { plan: 'pro' },
    createdAt: '2020-09-13T12:26:40.000Z',
    disabled: false,
    passwordHash:
      '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15c+x/SKJ==',
    oauthAccounts: [{ provider: 'google', subject: '17' }],
    totp: 'unreadable',
  })
  assert.deepEqual([ben?.disabled, ben?.metadata, ben?.passwordHash], [true, null, null])
  const [without] = await readFile('firebase', firebaseUsers)
  assert.equal(without?.passwordHash, 'firebase:lSrfV15c-x_SKJ==')
  await assert.rejects(
    withFile('rounds: 8', (passwordHashes) =>
      withFile(firebaseUsers, (path) => recordsOf('firebase', path, { passwordHashes })),
    ),
    /base64_signer_key is missing/,
  )
})
