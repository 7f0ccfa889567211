/**
 * Guards of the statements about second factors, each weakened alone. See storage.mjs for the form.
 */
const guard = (file, weakens, from, to, ...tests) => ({
  file: `packages/storage-postgres/src/tables/${file}.ts`,
  weakens,
  from,
  to,
  tests: tests.length > 0 ? tests : ['conformance.test.ts'],
})
const ways = 'storage-postgres/src/test/races/session-ways'
const races = 'storage-postgres/src/test/races/second-factors'
const former = 'storage-postgres/src/test/races/former-version'

const requiredMutations = [
  guard(
    'passkeys/passkey-addition',
    'a pending sign-in enrolls although the user has added a passkey',
    'where p.user_id = me.id and p.enrolls',
    'where p.user_id = me.id and not p.enrolls',
  ),
  guard(
    'fragments/new-session',
    'a factor that is required is asked of those alone who have one',
    '((${row}.has_factor or ${isRequired(row, policy)}) and',
    '((${row}.has_factor or (${policy} is null)) and',
  ),
  guard(
    'fragments/second-factor',
    'the grace of a user counts for nothing',
    'coalesce(${row}.factor_required_at <= ${now}, false)',
    '(${row}.factor_required_at is not null)',
  ),
  guard(
    'fragments/new-session',
    'a session of the grace outlives it',
    'least(${secondsFromNow(given.absoluteSeconds)}, ${endOf(given)})',
    'coalesce(${secondsFromNow(given.absoluteSeconds)}, ${endOf(given)})',
  ),
  guard(
    'second-factors/second-factors',
    'asking a factor of a user ends no session',
    'session_epoch = u.session_epoch + (${graceSeconds} is not null)::int',
    'session_epoch = u.session_epoch + (${graceSeconds} < 0)::int',
  ),
  guard(
    'second-factors/enrollment',
    'a factor that is required can be removed',
    'where me.has_factor and not exists (select 1 from needed)',
    'where me.has_factor and (select pg_catalog.count(*) from needed) >= 0',
  ),
  guard(
    'second-factors/required-enrollment',
    'whoever has the first factor enrolls without the mailed code',
    "(p.mailbox_proved or 'magic_link' = any (p.methods) or u.email is null)",
    "(p.mailbox_proved or 'magic_link' = any (p.methods) or u.email is not null)",
  ),
  guard(
    'second-factors/required-enrollment',
    'a wrong mailed code costs no try',
    'tries = t.tries + (not given.proved_before and not given.proves)::int',
    'tries = t.tries + (given.proved_before and given.proves)::int',
  ),
  guard(
    'second-factors/required-enrollment',
    'another enrollment than the one that was compared is confirmed',
    'and e.expires_at > ${now} and e.secret = ${secret}',
    'and e.expires_at > ${now} and ${secret} is not null',
  ),
  guard(
    'second-factors/required-enrollment',
    'the enrollment of a session is confirmed by a pending sign-in',
    'where e.session_id = p.id and e.session_epoch = p.session_epoch and e.owner_epoch = p.owner_epoch\n          and e.expires_at > ${now} and e.secret',
    'where e.session_epoch = p.session_epoch and e.owner_epoch = p.owner_epoch\n          and e.expires_at > ${now} and e.secret',
  ),
  guard(
    'oauth-accounts/new-sign-in',
    'a batch links the identity of a new user who must enroll first',
    "where not ${isStored(schema)} and not ${isEveryone('k.factor_policy')} and (",
    'where not ${isStored(schema)} and (',
  ),
]

export const storageSecondFactorMutations = [
  ...requiredMutations,
  guard(
    'fragments/second-factor',
    'a first proof of the mailbox leaves the factor of a squatter',
    '`coalesce(${user}.second_factor_epoch = ${user}.owner_epoch, false)`',
    '`(${user}.second_factor_epoch is not null)`',
  ),
  guard(
    'fragments/new-session',
    'a session is opened for who has a second factor',
    "where not ${isDue('u', given)} and ${where}",
    "where (${isDue('u', given)} or true) and ${where}",
  ),
  guard(
    'fragments/second-factor',
    'a sign-in reads from the table of factors whether one is due, by its old snapshot',
    'u.owner_epoch, ${hasSecondFactor} as has_factor,',
    'u.owner_epoch, exists (select 1 from torii.totp_factors tf where tf.user_id = u.id) as has_factor,',
    ways,
  ),
  guard(
    'fragments/pending-row',
    'a pending sign-in outlives the end of the sessions',
    'p.session_epoch = u.session_epoch and p.owner_epoch = u.owner_epoch\n        and u.disabled_at is null',
    'u.disabled_at is null',
  ),
  guard(
    'fragments/pending-row',
    'a pending sign-in does not expire',
    ' and p.expires_at > ${now}`',
    '`',
  ),
  guard(
    'fragments/pending-row',
    'a pending sign-in has any number of tries',
    '${answerable} and p.tries < ${maxPendingTries}`',
    '${answerable} and p.tries < ${maxPendingTries * 6000}`',
  ),
  guard(
    'fragments/pending-row',
    'a pending sign-in is found without its secret',
    'p.id = ${sessionId} and p.secret_hash = ${secretHash}`',
    'p.id = ${sessionId} and ${secretHash} is not null`',
  ),
  guard(
    'fragments/pending-row',
    'the code opens a session of former epochs',
    'and p.session_epoch = u.session_epoch and p.owner_epoch = u.owner_epoch\n          and p.expires_at',
    'and p.expires_at',
  ),
  guard(
    'second-factors/pending-answers',
    'wrong recovery codes do not end the pending sign-in',
    ' and p.tries < ${maxPendingTries}`)}',
    '`)}',
  ),
  guard(
    'second-factors/pending-answers',
    'a code is accepted twice',
    'where f.last_step < ${step} for update of f\n      ), ended',
    'where ${step} is not null for update of f\n      ), ended',
  ),
  guard(
    'second-factors/pending-answers',
    'a code that opened a session is not recorded as used',
    'set last_step = ${step}, last_used_at = ${now}\n        from f, ended',
    'set last_step = t.last_step + 0 * ${step}, last_used_at = ${now}\n        from f, ended',
  ),
  guard(
    'second-factors/pending-answers',
    'a recovery code opens two sessions',
    'delete from ${schema}.recovery_codes d using c, ended\n        where d.user_id = c.user_id and d.code_hash = c.code_hash and ended.user_id = c.user_id\n        returning d.user_id',
    'select c.user_id from c, ended where ended.user_id = c.user_id',
  ),
  guard(
    'second-factors/recovery-codes',
    'a recovery code of a former set is accepted',
    "'factor.user_id = c.user_id and factor.recovery_generation = c.generation'",
    "'factor.user_id = c.user_id'",
    races,
  ),
  guard(
    'second-factors/pending-answers',
    'the charge is given back before the second factor was proved',
    "${openOfPending(schema, \"'totp'\")}, ${refundPending(schema, 's')}",
    "${openOfPending(schema, \"'totp'\")}, ${refundPending(schema, 'p')}",
  ),
  guard(
    'second-factors/pending-answers',
    'the identity that waited is not linked',
    'where p.provider is not null\n',
    'where p.provider is null\n',
  ),
  guard(
    'oauth-accounts/new-sign-in',
    'an identity is linked before the second factor is proved',
    "(addressed.user_id is null or not ${mustWaitForFactor('addressed')})",
    "(addressed.user_id is null or ${mustWaitForFactor('addressed')} is not null)",
  ),
  guard(
    'passwords/password-sign-in',
    'a right password gives its charge back while the second factor is due',
    "${refundRateLimit(schema, 's', 'p')}",
    "${refundRateLimit(schema, 'u', 'p')}",
  ),
  guard(
    'passkeys/passkey-use',
    'a passkey that opens a pending sign-in keeps its count',
    "${advanceCount(schema, 'opened')}",
    "${advanceCount(schema, 's')}",
  ),
  guard(
    'fragments/rate-limit-charging',
    'a made-up key of a pending sign-in locks an account',
    'and (d.ord = 1) = exists (select 1 from p) and not exists',
    'and not exists',
  ),
  guard(
    'fragments/session-row',
    'a session of version 0.1.0 is valid for who has a second factor',
    '\n  and (s.level is not null or not (${hasSecondFactorOf(user)}))`',
    '`',
    former,
  ),
  guard(
    'sessions/session-opening',
    'a session that derives from another forgets its level',
    'coalesce(a.level, 1), a.level2_at,',
    '1, null::timestamptz,',
  ),
  guard(
    'sessions/session-validation',
    'a password alone makes a session recent whose user has a second factor',
    'case when ${hasSecondFactor} then s.level2_at else s.authenticated_at end > ',
    's.authenticated_at > ',
  ),
  guard(
    'second-factors/pending-answers',
    'a code is called wrong whose pending sign-in a removal of the factor is ending',
    'for share of u',
    'for key share of u',
    'storage-postgres/src/test/interleaving/interleaving-factor',
  ),
  guard(
    'second-factors/step-up',
    'a code raises two sessions',
    'where f.last_step < ${step} for update of f',
    'where ${step} is not null for update of f',
  ),
  guard(
    'second-factors/step-up',
    'a step-up does not wait for the deletion of its user',
    '${hasSecondFactor}${condition}\n        for key share of u',
    '${hasSecondFactor}${condition}',
    races,
  ),
  guard(
    'second-factors/enrollment',
    'an enrollment is confirmed by another session',
    'and e.session_id = ${actor.sessionId}\n',
    'and ${actor.sessionId} is not null\n',
  ),
  guard(
    'second-factors/enrollment',
    'an enrollment does not expire',
    'and e.owner_epoch = ${actor.ownerEpoch} and e.expires_at > ${now}`',
    'and e.owner_epoch = ${actor.ownerEpoch}`',
  ),
  guard(
    'second-factors/enrollment',
    'a secret that was not shown last is confirmed',
    'and e.secret = ${secret} for update of e',
    'and ${secret} is not null for update of e',
  ),
  guard(
    'second-factors/enrollment',
    'an enrollment has any number of tries',
    'and e.tries < ${String(maxTries)}',
    'and e.tries < ${String(maxTries * 6000)}',
  ),
  guard(
    'second-factors/enrollment',
    'an enrollment leaves the other sessions',
    'set second_factor_epoch = u.owner_epoch, session_epoch = u.session_epoch + 1',
    'set second_factor_epoch = u.owner_epoch, session_epoch = u.session_epoch + 0',
    'conformance.test.ts',
    ways,
  ),
  guard(
    'second-factors/enrollment',
    'a removal leaves what was proved with the factor',
    'set second_factor_epoch = null, session_epoch = u.session_epoch + 1',
    'set second_factor_epoch = null, session_epoch = u.session_epoch + 0',
  ),
  guard(
    'second-factors/enrollment',
    'an enrollment is made whose session ends meanwhile',
    'where s.id = ${actor.sessionId} and (select pg_catalog.count(*) from former) >= 0 for update of s',
    'where s.id = ${actor.sessionId} and (select pg_catalog.count(*) from former) >= 0',
    races,
  ),
  guard(
    'second-factors/enrollment',
    'a late set of recovery codes replaces the one that was shown',
    'from me where t.user_id = me.id and t.recovery_generation = ${generation}',
    'from me where t.user_id = me.id and ${generation} is not null',
  ),
  guard(
    'second-factors/second-factors',
    'an administrator removes the factor and leaves the sessions',
    'set second_factor_epoch = null, session_epoch = u.session_epoch + 1',
    'set second_factor_epoch = null, session_epoch = u.session_epoch + 0',
  ),
  guard(
    'second-factors/second-factors',
    'a secret is replaced that was enrolled meanwhile',
    'and f.secret in (${former}, ${secret})',
    'and ${former} is not null',
  ),
]
