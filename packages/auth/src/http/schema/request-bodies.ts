import type { Schema, Static } from './schema.js'
import {
  anyObject,
  flag,
  membersOf,
  object,
  oneOf,
  openObject,
  optional,
  orNull,
  text,
} from './schema.js'

/** An optional text; null is the same as absent, except in {@link profileBody}. */
const maybeText = optional(orNull(text))
const maybeFlag = optional(orNull(flag))
/** False: the session ends with the browser, and after `session.unrememberedSeconds`. */
const remember = maybeFlag
/** `body`: the answer holds the tokens and sets no cookie. Refused in a browser. */
const transport = optional(orNull(oneOf(['cookie', 'body'])))
/** The token of a pending sign-in that was answered to `transport: 'body'`; the rest of that sign-in is answered likewise. */
const pending = maybeText

export const emailBody = object({ email: text })
/** `fields` are the application's own, for the schema of the option `signUp.fields`. */
export const registerBody = object({
  email: text,
  password: text,
  name: maybeText,
  fields: optional(orNull(anyObject)),
  remember,
  transport,
})
export const passwordSignInBody = object({
  email: text,
  password: text,
  remember,
  transport,
})
export const changePasswordBody = object({ currentPassword: text, newPassword: text })
export const setPasswordBody = object({ newPassword: text })
export const resetPasswordBody = object({
  token: text,
  password: text,
  removeOtherSignInMethods: maybeFlag,
})
/** Either `token`, or `email` and `code`. */
export const magicLinkBody = object({
  token: maybeText,
  email: maybeText,
  code: maybeText,
  remember,
  transport,
})
/** `password` is the account's, `newPassword` replaces it; at most one of the two. */
export const verifyEmailBody = object({
  token: text,
  password: maybeText,
  newPassword: maybeText,
  remember,
  transport,
})
export const changeEmailBody = object({ token: text })
/** `password`, or `challengeId` and `response`, or a `code` of a second factor, or a `recoveryCode`. */
export const reauthenticateBody = object({
  password: maybeText,
  code: maybeText,
  recoveryCode: maybeText,
  challengeId: maybeText,
  response: optional(orNull(anyObject)),
})
/** Null removes the value; an absent member leaves it as it is. */
export const profileBody = object({ name: maybeText, picture: maybeText })
/** `purpose: 'reauthenticate'` requests a challenge for the signed-in user. */
export const passkeyOptionsBody = object({ email: maybeText, purpose: maybeText })
/** With `pendingId`, for a user who enrolls a passkey to complete that sign-in; `emailCode` is the one that was mailed. */
export const startPasskeyBody = object({ pendingId: maybeText, pending, emailCode: maybeText })
/** `redirectTo` is where a form leads after the sign-in that `pendingId` names. */
export const registerPasskeyBody = object({
  challengeId: text,
  response: anyObject,
  name: maybeText,
  pendingId: maybeText,
  pending,
  redirectTo: maybeText,
})
export const idTokenBody = object({ idToken: text, nonce: text, remember, transport })
/** Posted by a provider's page, which may add fields. `user` is Apple's JSON with the name of a new user. */
export const oauthFormPostBody = openObject({
  code: maybeText,
  error: maybeText,
  iss: maybeText,
  state: maybeText,
  user: maybeText,
})
export const passkeySignInBody = object({
  challengeId: text,
  response: anyObject,
  remember,
  transport,
})
/**
 * `pendingId` names the sign-in of the cookie, or of `pending`. `code`, or `recoveryCode`, or `challengeId` and `response`, or `password`;
 * `trustBrowser` is ignored with a `recoveryCode` and a `password`.
 */
export const verifySecondFactorBody = object({
  pendingId: text,
  pending,
  code: maybeText,
  recoveryCode: maybeText,
  challengeId: maybeText,
  response: optional(orNull(anyObject)),
  password: maybeText,
  trustBrowser: maybeFlag,
  redirectTo: maybeText,
})
/** `redirectTo` is where a form leads after the sign-in. With `pendingId`, for a user who enrolls to complete that sign-in; `emailCode` is the one that was mailed. */
export const startTotpBody = object({
  pendingId: maybeText,
  pending,
  emailCode: maybeText,
  redirectTo: maybeText,
})
export const confirmTotpBody = object({
  code: text,
  pendingId: maybeText,
  pending,
  redirectTo: maybeText,
})
export const passkeyFactorBody = object({ pendingId: text, pending })
export const undoSecondFactorBody = object({ token: text })
export const renamePasskeyBody = object({ name: text })

/** The members that the form of a page has: a browser's tokens are in cookies. */
export function formOf(schema: Schema<unknown>): Schema<unknown> {
  const { transport: _, pending: __, ...members } = membersOf(schema)
  return openObject(members)
}

/**
 * The body of a password reset: the token of the link, and the new password.
 * @useDeclaredType
 */
export type ResetPasswordBody = Static<typeof resetPasswordBody>
/**
 * The body of a registration. `fields` are the application's own, for the schema of the option `signUp.fields`.
 * @useDeclaredType
 */
export type RegisterBody = Omit<Static<typeof registerBody>, 'transport'>
/**
 * The body of a sign-in by password. With `remember: false` the session ends with the browser.
 * @useDeclaredType
 */
export type PasswordSignInBody = Omit<Static<typeof passwordSignInBody>, 'transport'>
/**
 * The body of a password change.
 * @useDeclaredType
 */
export type ChangePasswordBody = Static<typeof changePasswordBody>
/**
 * The body of a re-authentication: `password`, or `challengeId` and `response`, or a `code` of a second factor, or a `recoveryCode`.
 * @useDeclaredType
 */
export type ReauthenticateBody = Static<typeof reauthenticateBody>
/**
 * The body of a profile change. Null removes the value; an absent member leaves it as it is.
 * @useDeclaredType
 */
export type ProfileBody = Static<typeof profileBody>
