import { maskAddress } from '../../mail/masked-email.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import { fill } from '../../texts/fill.js'
import type { PageTexts } from '../../texts/texts.js'
import type { Language } from './languages.js'
import type { ErrorPage, ExpiredPage, LinkPage, PageForm } from './page.js'

/** What the pages of a site have in common. */
export interface PageSite {
  readonly appName: string
  readonly language: Language
}

/** The content of the page of a valid link. */
export interface Landing extends PageSite {
  readonly purpose: LinkPurpose
  readonly token: string
  /** The nonce of the browser, which the form sends back together with the landing cookie. */
  readonly nonce: string
  /** The path that the form posts to. */
  readonly action: string
  readonly email: string
  /** The email address that `email` replaces, if there is one. */
  readonly formerEmail: string | null
  /** The error of the form that was just posted; null on the first visit. */
  readonly error: string | null
}

/** Says what the page of a valid link has: its purpose, and forms that use it. */
export function linkPage(landing: Landing): LinkPage {
  const { purpose, email, formerEmail, error } = landing
  const { pages } = landing.language.texts
  return {
    kind: purpose,
    ...factsOf(landing, pages[purpose].heading),
    email,
    formerEmail: formerEmail === null ? null : maskAddress(formerEmail),
    error,
    forms: formsOf(landing, pages),
  }
}

/** What a page knows besides its own content. */
export const factsOf = ({ appName, language: { code, texts } }: PageSite, heading: string) => ({
  language: code,
  texts: texts.pages,
  appName,
  heading,
})

function formsOf({ purpose, token, nonce, action }: Landing, texts: PageTexts): PageForm[] {
  const { newPasswordLabel } = texts.common
  const form = (button: string, fields: PageForm['fields']): PageForm => ({
    action,
    fields: [
      { type: 'hidden', name: 'token', value: token },
      { type: 'hidden', name: 'nonce', value: nonce },
      ...fields,
    ],
    button,
    alternative: null,
  })
  const newPassword = (name: 'password' | 'newPassword') =>
    ({ type: 'password', name, label: newPasswordLabel, autocomplete: 'new-password' }) as const
  switch (purpose) {
    case 'magic_link':
    case 'change_email':
    case 'undo_second_factor':
      return [form(texts[purpose].button, [])]
    case 'verify_email': {
      const { button, passwordLabel: label, ...other } = texts.verify_email
      const password = { type: 'password', name: 'password', label } as const
      // A new password replaces the account's and removes what was added to the account before, so it is a step of its own:
      // a typing mistake in the first form changes nothing.
      const alternative = { question: other.forgotten, note: other.forgottenNote }
      return [
        form(button, [{ ...password, autocomplete: 'current-password' }]),
        { ...form(other.forgottenButton, [newPassword('newPassword')]), alternative },
      ]
    }
    case 'reset_password': {
      const { button, removeOthers: label, removeOthersNote: note } = texts.reset_password
      // For an account that an attacker has used, who may have added a sign-in method.
      const name = 'removeOtherSignInMethods'
      const others = { type: 'checkbox', name, value: 'true', label, note } as const
      return [form(button, [newPassword('password'), others])]
    }
    default:
      return purpose satisfies never
  }
}

/** The same page for unknown, used and expired links of a purpose. */
export function expiredPage(site: PageSite, purpose: LinkPurpose): ExpiredPage {
  const { pages, errors } = site.language.texts
  const { heading, explanation } = pages.expired
  // Its link comes with a mail that cannot be requested again.
  const message = purpose === 'undo_second_factor' ? errors.undo_expired : explanation
  const back = { href: '/', label: backLabel(site) }
  return { kind: 'expired', ...factsOf(site, heading), message, back }
}

/** The page of a sign-in at a provider that was refused: what happened, and the way back. */
export function errorPage(
  site: PageSite,
  { message, back }: { readonly message: string; readonly back: string },
): ErrorPage {
  const { heading } = site.language.texts.pages.error
  const link = { href: back, label: backLabel(site) }
  return { kind: 'error', ...factsOf(site, heading), message, back: link }
}

/** The label of the link back to the application. */
export const backLabel = ({ appName, language }: PageSite): string =>
  fill(language.texts.pages.common.back, { app: appName })
