import type { Static } from './schema.js'
import { anyObject, flag, openObject, optional, orNull, text } from './schema.js'

/** An optional text; null is the same as absent, except in {@link profileBody}. */
const maybeText = optional(orNull(text))
const maybeFlag = optional(orNull(flag))
/** False: the session ends with the browser, and after `session.unrememberedSeconds`. */
const remember = maybeFlag

export const emailBody = openObject({ email: text })
export const registerBody = openObject({ email: text, password: text, name: maybeText, remember })
export const passwordSignInBody = openObject({ email: text, password: text, remember })
export const changePasswordBody = openObject({ currentPassword: text, newPassword: text })
export const setPasswordBody = openObject({ newPassword: text })
export const resetPasswordBody = openObject({
  token: text,
  password: text,
  removeOtherSignInMethods: maybeFlag,
})
/** Either `token`, or `email` and `code`. */
export const magicLinkBody = openObject({
  token: maybeText,
  email: maybeText,
  code: maybeText,
  remember,
})
/** `password` is the account's, `newPassword` replaces it; at most one of the two. */
export const verifyEmailBody = openObject({
  token: text,
  password: maybeText,
  newPassword: maybeText,
})
export const changeEmailBody = openObject({ token: text })
/** Either `password`, or `challengeId` and `response`. */
export const reauthenticateBody = openObject({
  password: maybeText,
  challengeId: maybeText,
  response: optional(orNull(anyObject)),
})
/** Null removes the value; an absent member leaves it as it is. */
export const profileBody = openObject({ name: maybeText, picture: maybeText })
/** `purpose: 'reauthenticate'` requests a challenge for the signed-in user. */
export const passkeyOptionsBody = openObject({ email: maybeText, purpose: maybeText })
export const registerPasskeyBody = openObject({
  challengeId: text,
  response: anyObject,
  name: maybeText,
})
export const idTokenBody = openObject({ idToken: text, nonce: text, remember })
/** Posted by a provider's page. `user` is Apple's JSON with the name of a new user. */
export const oauthFormPostBody = openObject({
  code: maybeText,
  error: maybeText,
  iss: maybeText,
  state: maybeText,
  user: maybeText,
})
export const passkeySignInBody = openObject({ challengeId: text, response: anyObject, remember })
export const renamePasskeyBody = openObject({ name: text })

export type ResetPasswordBody = Static<typeof resetPasswordBody>
export type RegisterBody = Static<typeof registerBody>
export type PasswordSignInBody = Static<typeof passwordSignInBody>
export type ChangePasswordBody = Static<typeof changePasswordBody>
export type ReauthenticateBody = Static<typeof reauthenticateBody>
export type ProfileBody = Static<typeof profileBody>
