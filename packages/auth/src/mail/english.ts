import { composeMessage } from './compose.js'
import type { AccountFacts, MessageContext, Messages } from './messages.js'
import { formatSpan, formatTime } from './text.js'

const language = 'en'
const linkHint = 'If the button does not work, copy this address into your browser:'
const ignore = 'If this was not you, you can ignore this message: nothing happens without the link.'

const span = (seconds: number): string => formatSpan(seconds, language)
const greeting = ({ name }: AccountFacts): string => (name === null ? 'Hello,' : `Hello ${name},`)
const open = ({ app }: MessageContext) => ({
  label: `Open ${app.name}`,
  url: app.url,
  hint: null,
})
const notYou = 'If this was not you, reset your password now and end the sessions you do not know.'

/**
 * The messages in English. Those that anybody can have sent to any mailbox (the first five) repeat
 * nothing that somebody typed but the address itself: a name is a fine place for an advertisement.
 */
export const englishMessages: Messages = Object.freeze({
  magic_link: ({ app, link, lifetimeSeconds, code }) =>
    composeMessage(app, {
      language,
      subject: `Sign in to ${app.name}`,
      heading: `Sign in to ${app.name}`,
      paragraphs: [`Open this link to sign in. It works once, for ${span(lifetimeSeconds)}.`],
      action: { label: 'Sign in', url: link, hint: linkHint },
      code:
        code === null
          ? null
          : { hint: 'Or type this code where you are asked for it:', digits: code },
      notes: [
        ...(code === null
          ? []
          : ['Tell nobody this code. Nobody from us will ever ask you for it.']),
        'If this was not you, you can ignore this message: nobody signs in without it.',
      ],
    }),
  verify_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Confirm your e-mail address for ${app.name}`,
      heading: 'Confirm your e-mail address',
      paragraphs: [
        `An account at ${app.name} was made with the address ${to}.`,
        `Open this link to confirm that it is yours. It works once, for ${span(lifetimeSeconds)}.`,
      ],
      action: { label: 'Confirm address', url: link, hint: linkHint },
      notes: [ignore],
    }),
  reset_password: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Reset your password for ${app.name}`,
      heading: 'Reset your password',
      paragraphs: [
        `Somebody asked for a new password for the account ${to}.`,
        `Open this link to choose one. It works once, for ${span(lifetimeSeconds)}.`,
      ],
      action: { label: 'Choose a password', url: link, hint: linkHint },
      notes: ['If this was not you, you can ignore this message: your password stays as it is.'],
    }),
  change_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Confirm your new e-mail address for ${app.name}`,
      heading: 'Confirm your new e-mail address',
      paragraphs: [
        `Somebody who is signed in to ${app.name} asked to use the address ${to} from now on.`,
        `Open this link where you are signed in to confirm it. It works once, for ${span(lifetimeSeconds)}.`,
      ],
      action: { label: 'Use this address', url: link, hint: linkHint },
      notes: [ignore],
    }),
  already_registered: (data) =>
    composeMessage(data.app, {
      language,
      subject: `You already have an account at ${data.app.name}`,
      heading: 'You already have an account',
      paragraphs: [
        `Somebody tried to register at ${data.app.name} with the address ${data.to}, which has an account already.`,
        'If it was you, sign in as usual. If you do not remember your password, ask for a new one there.',
      ],
      action: open(data),
      notes: ['If this was not you, you can ignore this message: your account is as it was.'],
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
      subject: `Your e-mail address at ${data.app.name} was changed`,
      heading: 'Your e-mail address was changed',
      paragraphs: [
        greeting(data),
        `Your account no longer uses the address ${data.to} but ${data.newEmail}. This is the last message to the former address.`,
      ],
      action: open(data),
      notes: [`If this was not you, write to whoever runs ${data.app.name} at once.`],
    }),
  new_sign_in: (data) =>
    composeMessage(data.app, {
      language,
      subject: `New sign-in to ${data.app.name}`,
      heading: 'A new sign-in to your account',
      paragraphs: [greeting(data), `Somebody signed in to your account ${data.to}.`],
      details: [
        ['When', `${formatTime(data.at, language)} UTC`],
        ['Device', data.userAgent ?? 'unknown'],
        ['Network address', data.ip ?? 'unknown'],
      ],
      action: open(data),
      notes: ['If it was you, all is well.', notYou],
    }),
  account_linked: (data) =>
    composeMessage(data.app, {
      language,
      subject: `${data.provider} now opens your account at ${data.app.name}`,
      heading: `${data.provider} was linked to your account`,
      paragraphs: [
        greeting(data),
        `You can now sign in to your account ${data.to} with ${data.provider}.`,
      ],
      action: open(data),
      notes: [
        `If this was not you, remove ${data.provider} from your account and reset your password.`,
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
          ? `A new passkey now opens your account ${data.to}.`
          : `The passkey “${data.passkey}” now opens your account ${data.to}.`,
      ],
      action: open(data),
      notes: ['If this was not you, remove the passkey from your account and reset your password.'],
    }),
})
