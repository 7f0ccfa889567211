/** The tables of torii-rs at commit 42780b7 whose rows move, after its last migration. */
export const toriiRsTables = `
  create table users (
    id text primary key, name text, email text not null unique, email_verified_at timestamptz, password_hash text,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    locked_at timestamptz);
  create table oauth_accounts (
    id bigint primary key generated always as identity,
    user_id text not null references users (id) on delete cascade,
    provider text not null, subject text not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    unique (user_id, provider, subject));
  create table passkeys (
    id bigint primary key generated always as identity, credential_id text not null,
    user_id text not null references users (id) on delete cascade,
    public_key text not null, created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(), name text, last_used_at timestamptz);
  create table orders (id int primary key, user_id text references users (id));`

/** An Argon2id hash as torii-rs stores it. */
const argon2idHash =
  '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$PLJ54XzXy8Oynf4jFYUqZk5oQg1rAm7RRuvMlChOoZk'

/** A user of torii-rs. `moves` is whether the statements of the document take the row along. */
export interface OldUser {
  readonly email: string
  readonly moves: boolean
  readonly name?: string | null
  /** The name afterwards, where it differs. */
  readonly nameAfter?: string | null
  readonly verified?: boolean
  readonly hash?: string
  /** Whether the hash moves too. */
  readonly hashMoves?: boolean
  readonly createdAt?: string
}

const long = (length: number): string => 'x'.repeat(length)

/** By id. Addresses that torii-rs takes, and some that came around its check by a provider. */
export const oldUsers: Readonly<Record<string, OldUser>> = {
  ada: {
    email: 'Ada@Example.com',
    moves: true,
    name: ' Ada\u0007 \u0085Lovelace\n',
    nameAfter: 'Ada Lovelace',
    verified: true,
    hash: argon2idHash,
    hashMoves: true,
  },
  bob: { email: 'bob@example.com', moves: true, name: '   ', nameAfter: null },
  bcrypt: {
    email: 'b@example.com',
    moves: true,
    hash: '$2b$12$abcdefghijklmnopqrstuv',
    hashMoves: false,
  },
  early: { email: 'early@example.com', moves: true, createdAt: '1969-07-20T20:17:00Z' },
  longName: {
    email: 'long@example.com',
    moves: true,
    name: '🗝'.repeat(300),
    nameAfter: '🗝'.repeat(200),
  },
  quote: { email: "o'brien+Tag@sub.example.co.uk", moves: true },
  symbols: { email: 'a!#$%&*+/=?^_`{|}~-z@example.com', moves: true },
  longest: { email: `${long(64)}@example.com`, moves: true },
  shortest: { email: 'x@a.b', moves: true },
  digitLabel: { email: 'x@4.example', moves: true },
  taken: { email: 'taken@example.com', moves: false },
  twoSpellings1: { email: 'Carl@example.com', moves: false, verified: true },
  twoSpellings2: { email: 'carl@example.com', moves: false },
  noAddress: { email: 'not an address', moves: false },
  empty: { email: '', moves: false },
  twoAts: { email: 'a@b@example.com', moves: false },
  leadingDot: { email: '.dot@example.com', moves: false },
  doubleDot: { email: 'double..dot@example.com', moves: false },
  tooLong: { email: `${long(65)}@example.com`, moves: false },
  farTooLong: { email: `x@${`${long(60)}.`.repeat(5)}example`, moves: false },
  oneLabel: { email: 'x@localhost', moves: false },
  address: { email: 'x@192.0.2.7', moves: false },
  hyphen: { email: 'x@-a.example', moves: false },
  kelvin: { email: 'al\u212Ain@example.com', moves: false },
  accent: { email: 'jos\u00e9@example.com', moves: false },
  international: { email: 'x@m\u00fcnchen.example', moves: false },
  aLabel: { email: 'x@xn--mnchen-3ya.example', moves: false },
  newLine: { email: 'x@example.com\n', moves: false },
}
