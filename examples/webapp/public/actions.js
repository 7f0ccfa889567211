// The actions of the pages' forms: `run` calls the server, `done` follows a success. `words` replace the message of an
// error where this action can be more exact, and `fields` say to which field an error belongs.

import {
  createClient,
  email,
  magicLink,
  oauth,
  passkey,
  password,
  secondFactors,
  sessions,
  user,
} from 'torii-auth/browser'
import { closeDialog, fillIn, open, reauthenticated } from './dialogs.js'
import { download, pictureUrl, showRecoveryCodes } from './files.js'
import { goTo, reload, say, showStep } from './status.js'

export const client = createClient()

const wrongPassword = { invalid_credentials: 'Incorrect password.' }

/** Follows `data-to` of the form. */
const proceed = (form) => goTo(form.dataset.to ?? '/account')

const mailed = (form, values) => showStep(form, 'sent', values)

/** Screen readers do not read a message behind a dialog. */
const linkSent = (form, values) => {
  closeDialog(form)
  say(`We have sent a link to ${values.email}.`)
}

/** A change, after which the page is loaded again with a message. @param text may depend on the outcome */
const change = (run, text, more = {}) => ({
  run,
  done(form, _values, outcome) {
    closeDialog(form)
    reload(typeof text === 'string' ? text : text(outcome), form.closest('.panel')?.id)
  },
  ...more,
})

/** A re-authentication, for the operation that waits for it. */
const proof = (run, more) => ({ run, done: reauthenticated, ...more })

/** An operation that brings recovery codes. */
const withCodes = (run, text, more = {}) => ({
  run,
  done(form, _values, { recoveryCodes }) {
    closeDialog(form)
    showRecoveryCodes(recoveryCodes, text)
  },
  ...more,
})

/** Null for a name or a picture that was removed. */
const orNull = (text) => (text === undefined || text.trim() === '' ? null : text)

const revokedText = ({ revoked }) =>
  `Signed out of ${revoked} other ${revoked === 1 ? 'session' : 'sessions'}.`

export const actions = {
  register: {
    run: (values) => password.register(client, values),
    // Without mail the user is signed in at once.
    done: (form, values, { status }) =>
      status === 'accepted' ? mailed(form, values) : goTo('/account'),
  },
  'sign-in': {
    run: (values) => password.authenticate(client, values),
    done(form) {
      // The next page asks for a passkey in the background.
      sessionStorage.setItem('torii-upgrade', 'password')
      proceed(form)
    },
    words: {
      invalid_credentials:
        'Incorrect email address or password. If your email address is not verified yet, check your email.',
    },
  },
  'sign-in-passkey': {
    run: () => passkey.authenticate(client),
    done: proceed,
    words: {
      invalid_credentials:
        'This passkey does not belong to an account. Use another sign-in method.',
    },
  },
  'type-code': {
    run: ({ code, ...values }) =>
      magicLink.authenticate(client, { ...values, code: code.replace(/\s/g, '') }),
    done: proceed,
    words: {
      invalid_token: 'This code is incorrect or has expired. Use the code from the latest email.',
    },
  },
  'request-link': { run: (values) => magicLink.request(client, values.email), done: mailed },
  'request-reset': { run: (values) => password.requestReset(client, values.email), done: mailed },
  'request-verification': {
    run: (values) => email.requestVerification(client, values.email),
    done: () => say('We have sent another link.'),
  },
  'request-own-verification': {
    run: (values) => email.requestVerification(client, values.email),
    done: linkSent,
  },
  'request-own-link': { run: (values) => magicLink.request(client, values.email), done: linkSent },
  'reauthenticate-password': proof((values) => sessions.reauthenticate(client, values.password), {
    words: wrongPassword,
  }),
  'reauthenticate-passkey': proof(() => passkey.reauthenticate(client), {
    words: { invalid_credentials: 'This passkey does not belong to your account.' },
  }),
  'reauthenticate-code': proof((values) => secondFactors.reauthenticate(client, values), {
    fields: { invalid_code: 'code' },
  }),
  'reauthenticate-recovery-code': proof((values) => secondFactors.reauthenticate(client, values), {
    fields: { invalid_code: 'recoveryCode' },
  }),
  'start-totp': {
    run: () => secondFactors.startTotp(client),
    done(_form, _values, { secret, qr }) {
      const dialog = document.getElementById('enroll-totp')
      // Groups of four are easier to type; apps ignore the spaces.
      fillIn(dialog, { secret: secret.replace(/.{4}(?=.)/g, '$& '), qr: pictureUrl(qr) })
      open(dialog)
    },
  },
  'confirm-totp': withCodes(
    ({ code }) => secondFactors.confirmTotp(client, code),
    'Two-factor authentication is on.',
    { fields: { invalid_code: 'code' } },
  ),
  'replace-recovery-codes': withCodes(
    () => secondFactors.replaceRecoveryCodes(client),
    'Your new recovery codes are active.',
  ),
  'remove-totp': change(
    () => secondFactors.removeTotp(client),
    'Two-factor authentication is off.',
  ),
  'remove-trusted-browser': change(
    ({ id }) => secondFactors.removeTrustedBrowser(client, id),
    'Browser removed. The next sign-in there asks for a code.',
  ),
  'remove-trusted-browsers': change(
    () => secondFactors.removeTrustedBrowsers(client),
    'Trusted browsers removed. The next sign-in asks for a code everywhere.',
  ),
  'save-profile': change(
    ({ name, picture }) => user.update(client, { name: orNull(name), picture: orNull(picture) }),
    'Profile saved.',
  ),
  'set-password': change((values) => password.set(client, values.newPassword), 'Password saved.'),
  'change-password': change(
    ({ currentPassword, newPassword }) => password.change(client, { currentPassword, newPassword }),
    'Password changed. Your other sessions have ended.',
    { words: wrongPassword, fields: { invalid_credentials: 'currentPassword' } },
  ),
  'remove-password': change(() => password.remove(client), 'Password removed.'),
  'add-passkey': change(({ name }) => passkey.register(client, { name }), 'Passkey added.'),
  'rename-passkey': change(({ id, name }) => passkey.rename(client, id, name), 'Passkey renamed.'),
  'delete-passkey': change(({ id }) => passkey.remove(client, id), 'Passkey deleted.'),
  'link-account': {
    run: ({ provider }) => oauth.link(client, provider),
    done: (_form, _values, { url }) => location.assign(url),
  },
  'unlink-account': change(({ id }) => oauth.unlink(client, id), 'Account disconnected.'),
  'change-email': { run: (values) => email.requestChange(client, values.email), done: mailed },
  'revoke-session': change(({ id }) => sessions.revoke(client, id), 'Session ended.', {
    // A session that has already ended is a success too.
    interpret: (outcome) => (outcome.error === 'not_found' ? { ok: true } : outcome),
  }),
  'revoke-others': change(() => sessions.revokeOthers(client), revokedText),
  'export-data': {
    run: () => user.exportData(client),
    done(_form, _values, { ok: _ok, ...data }) {
      download('torii-export.json', 'application/json', JSON.stringify(data, null, 2))
      say('Your data was saved to torii-export.json.')
    },
  },
  'delete-account': {
    run: () => user.remove(client),
    done: () => goTo('/', 'Your account was deleted.'),
  },
  'sign-out': { run: () => sessions.signOut(client), done: () => goTo('/', 'You are signed out.') },
}
