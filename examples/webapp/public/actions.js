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

/** Reloads the page to show the change, with a message. */
const changed = (text) => (form) => {
  closeDialog(form)
  reload(text, form.closest('.panel')?.id)
}

const mailed = (form, values) => showStep(form, 'sent', values)

/** Screen readers do not read a message behind a dialog. */
const linkSent = (form, values) => {
  closeDialog(form)
  say(`We have sent a link to ${values.email}.`)
}

/** Null for a name or a picture that was removed. */
const orNull = (text) => (text === undefined || text.trim() === '' ? null : text)

const codesOf =
  (text) =>
  (form, _values, { recoveryCodes }) => {
    closeDialog(form)
    showRecoveryCodes(recoveryCodes, text)
  }

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
  'request-link': { run: (values) => magicLink.request(client, values.email), done: mailed },
  'type-code': {
    run: ({ code, ...values }) =>
      magicLink.authenticate(client, { ...values, code: code.replace(/\s/g, '') }),
    done: proceed,
    words: {
      invalid_token: 'This code is incorrect or has expired. Use the code from the latest email.',
    },
  },
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
  'reauthenticate-password': {
    run: (values) => sessions.reauthenticate(client, values.password),
    done: reauthenticated,
    words: wrongPassword,
  },
  'reauthenticate-passkey': {
    run: () => passkey.reauthenticate(client),
    done: reauthenticated,
    words: { invalid_credentials: 'This passkey does not belong to your account.' },
  },
  'reauthenticate-code': {
    run: (values) => secondFactors.reauthenticate(client, values),
    done: reauthenticated,
    fields: { invalid_code: 'code' },
  },
  'reauthenticate-recovery-code': {
    run: (values) => secondFactors.reauthenticate(client, values),
    done: reauthenticated,
    fields: { invalid_code: 'recoveryCode' },
  },
  'start-totp': {
    run: () => secondFactors.startTotp(client),
    done(_form, _values, { secret, qr }) {
      const dialog = document.getElementById('enroll-totp')
      // Groups of four are easier to type; apps ignore the spaces.
      fillIn(dialog, { secret: secret.replace(/.{4}(?=.)/g, '$& '), qr: pictureUrl(qr) })
      open(dialog)
    },
  },
  'confirm-totp': {
    run: ({ code }) => secondFactors.confirmTotp(client, code),
    done: codesOf('Two-factor authentication is on.'),
    fields: { invalid_code: 'code' },
  },
  'replace-recovery-codes': {
    run: () => secondFactors.replaceRecoveryCodes(client),
    done: codesOf('Your new recovery codes are active.'),
  },
  'remove-totp': {
    run: () => secondFactors.removeTotp(client),
    done: changed('Two-factor authentication is off.'),
  },
  'save-profile': {
    run: ({ name, picture }) =>
      user.update(client, { name: orNull(name), picture: orNull(picture) }),
    done: changed('Profile saved.'),
  },
  'set-password': {
    run: ({ newPassword }) => password.set(client, newPassword),
    done: changed('Password saved.'),
  },
  'change-password': {
    run: ({ currentPassword, newPassword }) =>
      password.change(client, { currentPassword, newPassword }),
    done: changed('Password changed. Your other sessions have ended.'),
    words: wrongPassword,
    fields: { invalid_credentials: 'currentPassword' },
  },
  'remove-password': { run: () => password.remove(client), done: changed('Password removed.') },
  'add-passkey': {
    run: ({ name }) => passkey.register(client, { name }),
    done: changed('Passkey added.'),
  },
  'rename-passkey': {
    run: ({ id, name }) => passkey.rename(client, id, name),
    done: changed('Passkey renamed.'),
  },
  'delete-passkey': {
    run: ({ id }) => passkey.remove(client, id),
    done: changed('Passkey deleted.'),
  },
  'link-account': {
    run: ({ provider }) => oauth.link(client, provider),
    done: (_form, _values, { url }) => location.assign(url),
  },
  'unlink-account': {
    run: ({ id }) => oauth.unlink(client, id),
    done: changed('Account disconnected.'),
  },
  'change-email': { run: (values) => email.requestChange(client, values.email), done: mailed },
  'revoke-session': {
    run: ({ id }) => sessions.revoke(client, id),
    // A session that has already ended is a success too.
    interpret: (outcome) => (outcome.error === 'not_found' ? { ok: true } : outcome),
    done: changed('Session ended.'),
  },
  'revoke-others': {
    run: () => sessions.revokeOthers(client),
    done: (form, _values, { revoked }) =>
      changed(`Signed out of ${revoked} other ${revoked === 1 ? 'session' : 'sessions'}.`)(form),
  },
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
  'sign-out': {
    run: () => sessions.signOut(client),
    done: () => goTo('/', 'You are signed out.'),
  },
}
