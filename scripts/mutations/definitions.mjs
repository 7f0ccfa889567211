/** Guards of the printed definitions, each weakened alone; as in storage.mjs. */
const guard = (file, weakens, from, to) => ({
  file: `packages/storage-postgres/src/${file}.ts`,
  weakens: `definitions: ${weakens}`,
  from,
  to,
  tests: ['storage-postgres/src/definitions/definitions'],
})

export const definitionMutations = [
  guard(
    'definitions/read-tables',
    'tables of the application in public are printed',
    "and (n.nspname <> 'public' or c.relname::text = any ($2::text[]))",
    'and $2::text[] is not null',
  ),
  guard(
    'definitions/column-types',
    'the hash of a password is not marked',
    '|code)s?$/',
    '|code)s$/',
  ),
  guard(
    'definitions/definition-text',
    'a comment ends the comment that it is printed in',
    ".replaceAll('*/', '* /')",
    '',
  ),
  guard(
    'definitions/drizzle',
    'a default ends the template that it is printed in',
    "text.replace(/[\\\\`$]/g, '\\\\$&')",
    'text',
  ),
  guard(
    'definitions/kysely',
    'an insert into a table of Torii compiles',
    "{ 'Torii writes this column': never }",
    'Value',
  ),
  guard(
    'command/definitions-command',
    'definitions of an old schema are printed',
    'if (pending.length > 0)',
    'if (pending.length > 1000)',
  ),
  guard(
    'command/definitions-command',
    'definitions of a changed schema are printed',
    '    refuseDrift(status)\n',
    '',
  ),
]
