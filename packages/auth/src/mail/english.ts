import { composeMessage } from './compose.js'
import type { AccountFacts, MessageContext, Messages } from './messages.js'
import { formatSpan, formatTime } from './text.js'

const language = 'en'
const linkHint = 'If the button does not work, copy this link into your browser:'
const ignore = 'If you did not request this, you can ignore this email.'

const span = (seconds: number): string => formatSpan(seconds, language)
const greeting = ({ name }: AccountFacts): string => (name === null ? 'Hello,' : `Hello ${name},`)
const open = ({ app }: MessageContext) => ({
  label: `Open ${app.name}`,
  url: app.url,
  hint: null,
})
const notYou =
  'If this was not you, reset your password now and sign out any device you do not recognize.'
const firstFactorMisused =
  'If this was not you, someone can use one of your sign-in methods, for example your password: change it now.'

/**
 * The messages in English. Anyone can trigger the first five for any mailbox, so they repeat nothing that was typed
 * except the email address: a name could contain an advertisement.
 */
export const englishMessages: Messages = Object.freeze({
  magic_link: ({ app, link, lifetimeSeconds, code }) =>
    composeMessage(app, {
      language,
      subject: `Sign in to ${app.name}`,
      heading: `Sign in to ${app.name}`,
      paragraphs: [
        `Use this link to sign in. It expires in ${span(lifetimeSeconds)} and works once.`,
      ],
      action: { label: 'Sign in', url: link, hint: linkHint },
      code:
        code === null ? null : { hint: 'Or enter this code on the sign-in page:', digits: code },
      notes: [
        ...(code === null ? [] : ['Do not share this code. We will never ask for it.']),
        ignore,
      ],
    }),
  verify_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Verify your email address for ${app.name}`,
      heading: 'Verify your email address',
      paragraphs: [
        `An account was created at ${app.name} with the email address ${to}.`,
        `Use this link to verify it. It expires in ${span(lifetimeSeconds)} and works once.`,
      ],
      action: { label: 'Verify email address', url: link, hint: linkHint },
      notes: [ignore],
    }),
  reset_password: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Reset your password for ${app.name}`,
      heading: 'Reset your password',
      paragraphs: [
        `We received a request to reset the password of the account ${to}.`,
        `Use this link to choose a new password. It expires in ${span(lifetimeSeconds)} and works once.`,
      ],
      action: { label: 'Reset password', url: link, hint: linkHint },
      notes: [
        'If you did not request this, you can ignore this email. Your password does not change.',
      ],
    }),
  change_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Confirm your new email address for ${app.name}`,
      heading: 'Confirm your new email address',
      paragraphs: [
        `We received a request to change the email address of an account at ${app.name} to ${to}.`,
        `Use this link in the browser in which you are signed in. It expires in ${span(lifetimeSeconds)} and works once.`,
      ],
      action: { label: 'Confirm email address', url: link, hint: linkHint },
      notes: [ignore],
    }),
  already_registered: (data) =>
    composeMessage(data.app, {
      language,
      subject: `You already have an account at ${data.app.name}`,
      heading: 'You already have an account',
      paragraphs: [
        `Someone tried to register at ${data.app.name} with the email address ${data.to}, but it already has an account.`,
        'If this was you, sign in instead. If you forgot your password, you can reset it there.',
      ],
      action: open(data),
      notes: ['If this was not you, you can ignore this email. Your account has not changed.'],
    }),
  password_changed: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Your password for ${data.app.name} was changed`,
      heading: 'Your password was changed',
      paragraphs: [greeting(data), `The password of your account ${data.to} was changed.`],
      action: open(data),
      notes: [notYou],
    }),
  email_changed: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Your email address at ${data.app.name} was changed`,
      heading: 'Your email address was changed',
      paragraphs: [
        greeting(data),
        `The email address of your account was changed from ${data.to} to ${data.newEmail}. We will not send further emails to the previous address.`,
      ],
      action: open(data),
      notes: [`If this was not you, contact the support of ${data.app.name} now.`],
    }),
  new_sign_in: (data) =>
    composeMessage(data.app, {
      language,
      subject: `New sign-in to ${data.app.name}`,
      heading: 'New sign-in to your account',
      paragraphs: [greeting(data), `There was a new sign-in to your account ${data.to}.`],
      details: [
        ['Time', `${formatTime(data.at, language)} UTC`],
        ['Device', data.userAgent ?? 'unknown'],
        ['IP address', data.ip ?? 'unknown'],
      ],
      action: open(data),
      notes: ['If this was you, no action is needed.', notYou],
    }),
  account_linked: (data) =>
    composeMessage(data.app, {
      language,
      subject: `${data.provider} was linked to your account at ${data.app.name}`,
      heading: `${data.provider} was linked to your account`,
      paragraphs: [
        greeting(data),
        `You can now sign in to your account ${data.to} with ${data.provider}.`,
      ],
      action: open(data),
      notes: [
        `If this was not you, unlink ${data.provider} in your account and reset your password.`,
      ],
    }),
  passkey_added: (data) =>
    composeMessage(data.app, {
      language,
      subject: `A passkey was added to your account at ${data.app.name}`,
      heading: 'A passkey was added to your account',
      paragraphs: [
        greeting(data),
        data.passkey === null
          ? `You can now sign in to your account ${data.to} with a new passkey.`
          : `You can now sign in to your account ${data.to} with the passkey “${data.passkey}”.`,
      ],
      action: open(data),
      notes: ['If this was not you, delete the passkey in your account and reset your password.'],
    }),
  second_factor_added: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Two-factor authentication is on for your account at ${data.app.name}`,
      heading: 'Two-factor authentication is on',
      paragraphs: [
        greeting(data),
        `From now on, signing in to your account ${data.to} also asks for a code of your authenticator app. All other sessions were ended.`,
      ],
      action:
        data.undo === null
          ? open(data)
          : { label: 'This was not me', url: data.undo.link, hint: linkHint },
      notes: [
        data.undo === null
          ? `If this was not you, contact the support of ${data.app.name} now.`
          : `If this was you, no action is needed. If not, use the link: it removes everything that was added since, and your password, and you choose a new one. It expires in ${span(data.undo.lifetimeSeconds)} and works once.`,
      ],
    }),
  second_factor_removed: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Two-factor authentication is off for your account at ${data.app.name}`,
      heading: 'Two-factor authentication is off',
      paragraphs: [
        greeting(data),
        data.passkeys
          ? `Your passkeys and your authenticator app were removed from your account ${data.to}, and all sessions were ended.`
          : `Signing in to your account ${data.to} no longer asks for a code of an authenticator app. All other sessions were ended.`,
      ],
      action: open(data),
      notes: [
        'If this was not you, reset your password and turn two-factor authentication on again.',
      ],
    }),
  recovery_code_used: (data) =>
    composeMessage(data.app, {
      language,
      subject: `A recovery code was used for your account at ${data.app.name}`,
      heading: 'A recovery code was used',
      paragraphs: [
        greeting(data),
        `A recovery code of your account ${data.to} was used in place of a code of your authenticator app.`,
        data.remaining === 1
          ? '1 recovery code is left.'
          : `${data.remaining} recovery codes are left.`,
      ],
      action: open(data),
      notes: [
        'If you have lost your authenticator app, set it up again in your account.',
        'If this was not you, reset your password and create new recovery codes.',
      ],
    }),
  enrollment_code: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Your code for ${data.app.name}`,
      heading: 'Your code',
      paragraphs: [
        greeting(data),
        `You are signing in to your account ${data.to}, which needs two-factor authentication. Enter this code to set it up. It expires in ${span(data.lifetimeSeconds)}.`,
      ],
      action: open(data),
      code: { hint: 'Enter this code on the page where you are signing in:', digits: data.code },
      notes: ['Do not share this code. We will never ask for it.', firstFactorMisused],
    }),
  sign_in_incomplete: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Your second factor was requested at ${data.app.name}`,
      heading: 'Your second factor was requested',
      paragraphs: [
        greeting(data),
        `The first step of a sign-in to your account ${data.to} was right, for example your password. The second factor was wrong, or was asked for in a browser that you have not used here before.`,
      ],
      details: [
        ['Time', `${formatTime(data.at, language)} UTC`],
        ['Device', data.userAgent ?? 'unknown'],
        ['IP address', data.ip ?? 'unknown'],
      ],
      action: open(data),
      notes: [
        'If this was you, no action is needed.',
        `${firstFactorMisused} Without your second factor they are not signed in.`,
        'You get this message at most once a day.',
      ],
    }),
})
