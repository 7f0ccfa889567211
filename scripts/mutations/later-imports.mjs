/** Guards of imports that run again, and of the comparison, each weakened alone; as in storage.mjs. */
const guard = (file, weakens, from, to, test) => ({
  file: `packages/storage-postgres/src/moving/${file}.ts`,
  weakens: `later imports: ${weakens}`,
  from,
  to,
  tests: [`storage-postgres/src/command/${test}`],
})
const refresh = (weakens, from, to) => guard('refresh-accounts', weakens, from, to, 'import-since')
const verify = (weakens, from, to) => guard('verify-import', weakens, from, to, 'import-verify')

export const laterImportMutations = [
  refresh(
    'a password that was changed here is overwritten',
    'and p.updated_at <= u.imported_at and p.hash',
    'and p.hash',
  ),
  refresh(
    'a password that was replaced by a sign-in here goes back to its former hash',
    '\n      and u.has_new_password',
    '',
  ),
  refresh(
    'a password of a former owner of the address is renewed',
    'and p.owner_epoch = u.owner_epoch and p.updated_at',
    'and p.updated_at',
  ),
  refresh(
    'a password goes to an account whose address was moved here',
    'u.hash is not null and u.has_address and',
    'u.hash is not null and',
  ),
  refresh(
    'a user who was enabled here is disabled again',
    'u.updated_at <= m.imported_at and i.disabled',
    'i.disabled',
  ),
  refresh(
    'sessions outlive a password that was changed at the old system',
    '(u.disables or p.user_id is not null)::int',
    'u.disables::int',
  ),
  refresh(
    'sessions outlive the end of their user at the old system',
    '(u.disables or p.user_id is not null)::int',
    '(p.user_id is not null)::int',
  ),
  refresh(
    'a dry run writes',
    'if (dryRun) throw new RolledBack(refreshed)',
    'if (dryRun) void RolledBack',
  ),
  guard(
    'import-users',
    'an account is looked at although the source says that it was not changed',
    'return since !== null && time !== null && time < since',
    'return false && since === time',
    'import-since',
  ),
  verify(
    'an altered hash passes',
    "if (kind === 'accepted') return hash === text",
    "if (kind === 'accepted') return hash !== null",
  ),
  verify(
    'a moved address passes',
    'if (row.email_key !== emailKey) differ',
    'if (row.email_key === null && emailKey !== null) differ',
  ),
  verify(
    'a missing account passes',
    "differences.add(row.mapped ? 'account_removed' : 'account_missing', record)",
    "changedHere.add(row.mapped ? 'account_removed' : 'account_missing', record)",
  ),
  verify(
    'what was changed here counts as a difference',
    '(isChangedHere ? changedHere : differences)',
    '(isChangedHere ? differences : differences)',
  ),
  verify(
    'an account that lost its address may have a password',
    'if (hasLostAddress) return hash === null',
    'if (hasLostAddress) return true',
  ),
]
