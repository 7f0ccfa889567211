import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderSchema } from '../schema-docs.mjs'

const column = (name, type, more = {}) => ({
  name,
  type,
  collation: null,
  nullable: false,
  identity: false,
  generated: false,
  value: null,
  comment: null,
  ...more,
})
const table = (name, columns, more = {}) => ({
  table: name,
  comment: null,
  options: [],
  columns,
  constraints: [],
  indexes: [],
  ...more,
})
const constraint = (kind, columns, more = {}) => ({ kind, columns, ...more })
const reference = (columns, onDelete = 'c') =>
  constraint('f', columns, { target: 'users', targetColumns: ['id'], onDelete })

const users = table('users', [column('id', 'uuid', { value: 'gen_random_uuid()' })], {
  comment: 'who there is',
  options: ['fillfactor=90'],
  constraints: [constraint('p', ['id'])],
})

const linesOf = (...tables) => renderSchema(tables).split('\n')
const holds = (lines, ...expected) => {
  for (const line of expected) assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`)
}

test('schema docs: a table says what it is for, and what each column may hold', () => {
  const lines = linesOf(
    table(
      'notes',
      [
        column('key', 'text', { collation: 'C', comment: 'a | b' }),
        column('seen_at', 'timestamp with time zone', { nullable: true }),
      ],
      {
        constraints: [
          constraint('c', ['key'], { definition: "CHECK (key || '' <> '')" }),
          constraint('c', ['key', 'seen_at'], {
            definition: 'CHECK (key IS NULL OR seen_at IS NULL)',
          }),
        ],
        indexes: [
          {
            name: 'notes_key',
            unique: true,
            definition: 'CREATE UNIQUE INDEX n ON t USING btree (key)',
          },
        ],
      },
    ),
    users,
  )
  holds(
    lines,
    'Without a reference to another table: [notes](#notes), [users](#users).',
    '## notes',
    `| \`key\` | \`text collate "C"\` |  |  | \`key \\|\\| '' <> ''\` | a \\| b |`,
    '| `seen_at` | `timestamptz` | yes |  |  |  |',
    '- Unique index `notes_key`: `btree (key)`',
    '- Check: `key IS NULL OR seen_at IS NULL`',
    'Who there is.',
    '| `id` | `uuid` |  | `gen_random_uuid()` |  |  |',
    '- Primary key: `id`',
    '- Stored with `fillfactor=90`',
  )
})

/** How many rows there may be on each side, and whether the reference is part of the key. */
const references = [
  ['many of one, as part of the key', '||--o{', ['user_id', 'id'], false],
  ['one of one, as the key', '||--o|', ['user_id'], false],
  ['many of one', '||..o{', ['id'], false],
  ['many of one or none', '|o..o{', ['id'], true],
]

for (const [what, line, key, nullable] of references)
  test(`schema docs: the picture shows ${what}`, () => {
    const lines = linesOf(
      table('owned', [column('user_id', 'uuid', { nullable }), column('id', 'text[]')], {
        constraints: [constraint('p', key), reference(['user_id'])],
      }),
      users,
    )
    holds(
      lines,
      `  users ${line} owned : "user_id"`,
      '  owned {',
      '- Foreign key: `user_id` to [users](#users) `id`, delete cascades',
      '- Referred to by [owned](#owned)',
    )
  })
