import { randomUUID } from 'node:crypto'
import { freshSecretHash } from '../fixtures/samples.js'

/** A value as the type a method asks for, as plain JavaScript would hand it over: the one unproved cast of the suite. */
export const unsafe = <Type>(value: unknown): Type => value as Type

/** Stands in texts that must not be repeated by an error. */
export const marker = 'm4rk3r'

const mebibyte = 1 << 20
const hugeText = 'x'.repeat(mebibyte)
const hugeBytes = new Uint8Array(mebibyte)
const hugeArray = Array.from({ length: 65_536 }, () => 'password')

/**
 * An object that pretends to be `text` and notes when it is asked to: a check that converts instead
 * of looking at the type is found out.
 */
export class Pretender {
  conversions = 0

  constructor(readonly text: string) {}

  toString(): string {
    this.conversions += 1
    return this.text
  }

  valueOf(): string {
    return this.toString()
  }

  toJSON(): string {
    return this.toString()
  }

  [Symbol.toPrimitive](): string {
    return this.toString()
  }
}

/** An object that throws as soon as it is converted. */
const thrower = {
  toString(): string {
    throw new Error(marker)
  },
  [Symbol.toPrimitive](): string {
    throw new Error(marker)
  },
}

/** No primitive at all, but what JavaScript would turn into `text`. */
const convertible = (text: string): unknown[] => [
  new Pretender(text),
  [text],
  new String(text),
  { toString: () => text },
]

const noPrimitives: readonly unknown[] = [
  thrower,
  {},
  [],
  Symbol(marker),
  () => marker,
  hugeArray,
  new Date(NaN),
  Object.create(null),
  new Proxy({}, {}),
]

/** Values that are no text where `text` would be right. */
const notText = (text: string): unknown[] => [
  ...convertible(text),
  ...noPrimitives,
  7,
  7n,
  NaN,
  true,
  Buffer.from(text),
]

/** Texts that no column holds as they are, or that are far too long. */
const unstorable: readonly string[] = [
  `${marker}\0`,
  `${marker}\ud800`,
  `\udfff${marker}`,
  hugeText,
]

/** Values that are no id. */
export const badIds = (): unknown[] => {
  const id = randomUUID()
  return [
    ...notText(id),
    null,
    undefined,
    ...unstorable,
    ...[
      '',
      marker,
      ` ${id}`,
      `${id} `,
      `${id}\n`,
      `{${id}}`,
      `urn:uuid:${id}`,
      id.replaceAll('-', ''),
      `${id}\0`,
      id.slice(1),
      `${id}0`,
    ],
    id.replace(/.$/, 'g'),
    id.replace(/./g, (char) => (char === '-' ? char : '０')),
  ]
}

/** Values that are no e-mail address. */
export const badEmails = (): unknown[] => [
  ...notText('pretender@example.com'),
  null,
  undefined,
  ...unstorable.map((text) => `${text}@example.com`),
  ...[
    '',
    marker,
    `@${marker}.example`,
    `${marker}@`,
    `${marker}@localhost`,
    `${marker}@example.com,other@example.com`,
  ],
  ...[
    ` ${marker}@example.com`,
    `${marker}@example.com\r\nbcc: x@example.com`,
    `${marker}\uff20example.com`,
    `${marker}@127.0.0.1`,
  ],
]

/** Values that are neither null nor a text of at most so many bytes. */
export const badTexts = (maxBytes: number): unknown[] => [
  ...notText('pretender'),
  ...unstorable,
  'x'.repeat(maxBytes + 1),
  'é'.repeat(maxBytes / 2 + 1),
]

/** Values that are no name. */
export const badNames = (): unknown[] => [
  ...notText('pretender'),
  ...unstorable,
  '',
  ' ',
  `${marker}\n`,
  '\u0085',
  'n'.repeat(201),
]

/** Values that are no picture. */
export const badPictures = (): unknown[] => [
  ...notText('https://example.com/p.png'),
  ...unstorable.map((text) => `https://example.com/${text}`),
  ...[
    '',
    marker,
    `http://example.com/${marker}`,
    'https://',
    `javascript:${marker}`,
    `//example.com/${marker}`,
  ],
  ...[
    `https://user:${marker}@example.com/`,
    `https://example.com/ ${marker}`,
    ` https://example.com/${marker}`,
    'data:image/png;base64,',
  ],
]

const cyclic: Record<string, unknown> = {}
cyclic.self = cyclic
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
/** A tree of two to the thirty leaves made of thirty arrays. */
const bomb = Array.from({ length: 30 }).reduce<unknown>((inner) => [inner, inner], 'leaf')

/** Values that are no metadata. */
export const badMetadata = (): unknown[] => [
  ...[
    null,
    marker,
    7,
    true,
    [],
    hugeArray,
    Symbol(marker),
    () => marker,
    new Date(0),
    new Map(),
    new Pretender('{}'),
  ],
  ...[
    undefined,
    () => marker,
    Symbol(marker),
    7n,
    NaN,
    Infinity,
    -Infinity,
    new Date(0),
    new Map(),
    Buffer.from('x'),
    thrower,
  ]
    .filter((value) => value !== undefined)
    .map((value) => ({ value })),
  ...unstorable.map((text) => ({ text })),
  { [`${marker}\0`]: 1 },
  { '\ud800': 1 },
  { hole: Object.assign([1], { 2: 3 }) },
  { inside: [undefined] },
  { array: hugeArray },
  { deep: nested(40) },
  { bomb },
  cyclic,
  {
    get thrown() {
      throw new Error(marker)
    },
  },
]

/** Values that are no hash of a secret. */
export const badDigests = (): unknown[] => {
  const right = freshSecretHash()
  return [
    ...[
      null,
      undefined,
      7,
      true,
      marker,
      'x'.repeat(32),
      Buffer.from(right).toString('hex'),
      hugeText,
      Symbol(marker),
      {},
      [],
      thrower,
    ],
    ...[0, 1, 31, 33].map((length) => new Uint8Array(length)),
    hugeBytes,
    ...[
      Array.from(right),
      right.buffer,
      new Uint16Array(32),
      new DataView(new ArrayBuffer(32)),
      { ...right, length: 32 },
    ],
    new Pretender('x'.repeat(32)),
    hugeArray,
  ]
}

/** Values that are no whole number above zero. */
/** Values that are no time. */
export const badTimes = (): unknown[] => [
  ...[new Date(Number.NaN), Date.now(), new Date().toISOString(), null, undefined, {}],
]

export const badNumbers = (): unknown[] => [
  ...[
    null,
    undefined,
    '60',
    '',
    marker,
    true,
    60n,
    [60],
    {},
    Symbol(marker),
    thrower,
    new Number(60),
    new Date(60),
    hugeArray,
  ],
  ...[NaN, Infinity, -Infinity, -1, 1.5, 2 ** 53, Number.MAX_VALUE, new Pretender('60')],
]

/** Values that are neither true nor false. */
export const badBooleans = (): unknown[] => [
  ...[
    'true',
    'false',
    '',
    0,
    1,
    {},
    [],
    Symbol(marker),
    thrower,
    new Boolean(false),
    new Pretender('true'),
  ],
]

/** Values that do not list ways to sign in. */
export const badMethods = (): unknown[] => [
  ...[
    null,
    undefined,
    'password',
    7,
    {},
    [],
    Symbol(marker),
    thrower,
    hugeArray,
    { 0: 'password', length: 1 },
    new Set(['password']),
  ],
  ...[
    ['sms'],
    ['password', marker],
    ['PASSWORD'],
    ['password '],
    [['password']],
    [null],
    [undefined],
    [new Pretender('password')],
  ],
]

/** Values that are not one way to sign in. */
export const badMethod = (): unknown[] => [
  ...notText('password'),
  null,
  undefined,
  ...unstorable,
  '',
  marker,
  'sms',
  'PASSWORD',
]

/** Values that are no object with members. */
export const notObjects: readonly unknown[] = [
  null,
  undefined,
  marker,
  7,
  7n,
  true,
  [],
  Symbol(marker),
  hugeArray,
  hugeText,
]

/** Values that are no page's end. */
export const badCursors = (): unknown[] => [
  ...notText('pretender'),
  '',
  marker,
  ...unstorable,
  '{}',
  Buffer.from('{}').toString('base64url'),
]

/** Values that are no start of an address. */
export const badPrefixes = (): unknown[] => [
  ...notText('pretender'),
  ...unstorable,
  'é',
  `${marker} `,
  'tab\t',
  '\uff20',
]
