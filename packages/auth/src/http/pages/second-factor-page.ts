import type { SecondFactor } from 'torii-core'
import type { PageSite } from './landing-page.js'
import { backLabel, factsOf } from './landing-page.js'
import type { ExpiredPage, HiddenField, PageForm, SecondFactorPage } from './page.js'

/** The content of the page of a pending sign-in. */
export interface PendingFacts extends PageSite {
  /** The path that the forms post to. */
  readonly action: string
  /** What can be proved. */
  readonly factors: readonly SecondFactor[]
  /** Says how to complete the sign-in. */
  readonly introduction: string
  /** Where the options of a passkey come from. */
  readonly passkeyOptions: string
  readonly pendingId: string
  /** The nonce of the browser, which the form sends back together with the landing cookie. */
  readonly nonce: string
  /** Where the browser is led after the sign-in; null for the page of the application that is set for it. */
  readonly redirectTo: string | null
  /** The error of the form that was just posted; null on the first visit. */
  readonly error: string | null
  /** The page where the user can sign in another way. */
  readonly signIn: string
  /** Whether the user may trust the browser. */
  readonly trustsBrowsers: boolean
}

/** The fields by which a form names the sign-in of its page, and where that leads. */
export const hiddenFields = ({
  pendingId,
  nonce,
  redirectTo,
}: Pick<PendingFacts, 'pendingId' | 'nonce' | 'redirectTo'>): readonly HiddenField[] => [
  { type: 'hidden', name: 'pendingId', value: pendingId },
  { type: 'hidden', name: 'nonce', value: nonce },
  ...(redirectTo === null
    ? []
    : [{ type: 'hidden', name: 'redirectTo', value: redirectTo } as const]),
]

/** Says what the page of a pending sign-in has: forms for a code, for a recovery code and for the password, and a passkey. */
export function secondFactorPage(facts: PendingFacts): SecondFactorPage {
  const { action, factors, introduction, passkeyOptions, error, signIn, trustsBrowsers } = facts
  const texts = facts.language.texts.pages.second_factor
  const takesCode = factors.includes('totp')
  const takesPassword = factors.includes('password')
  const hidden = hiddenFields(facts)
  const form = (button: string, ...fields: PageForm['fields']): PageForm => ({
    action,
    fields: [...hidden, ...fields],
    button,
    alternative: null,
  })
  const code = { type: 'code', name: 'code', label: texts.codeLabel, digits: true } as const
  const { recoveryCodeLabel: label, recoveryQuestion: question, recoveryNote: note } = texts
  const { trustLabel, trustNote } = texts
  const trust = {
    type: 'checkbox',
    name: 'trustBrowser',
    value: 'true',
    label: trustLabel,
    note: trustNote,
  } as const
  // The checkbox applies to a passkey too.
  const codeForm = form(texts.button, code, ...(trustsBrowsers ? [trust] : []))
  const insteadOfPassword = { question: texts.codeQuestion, note: texts.codeNote }
  const password = {
    type: 'password',
    name: 'password',
    label: texts.passwordLabel,
    autocomplete: 'current-password',
  } as const
  const recoveryCode = { type: 'code', name: 'recoveryCode', label, digits: false } as const
  return {
    kind: 'second_factor',
    ...factsOf(facts, texts.heading),
    introduction,
    error,
    forms: [
      ...(takesPassword ? [form(texts.passwordButton, password)] : []),
      ...(takesCode
        ? [
            { ...codeForm, alternative: takesPassword ? insteadOfPassword : null },
            { ...form(texts.recoveryButton, recoveryCode), alternative: { question, note } },
          ]
        : []),
    ],
    passkey: factors.includes('passkey')
      ? {
          ceremony: 'get',
          options: passkeyOptions,
          action,
          fields: hidden,
          button: texts.passkeyButton,
          failed: texts.passkeyFailed,
        }
      : null,
    otherWay: { href: signIn, label: texts.otherWay },
  }
}

/** The page of a pending sign-in that is unknown, used or expired: the way back to the sign-in. */
export function expiredSignInPage(site: PageSite, signIn: string): ExpiredPage {
  const { expiredHeading, expiredExplanation } = site.language.texts.pages.second_factor
  const back = { href: signIn, label: backLabel(site) }
  return { kind: 'expired', ...factsOf(site, expiredHeading), message: expiredExplanation, back }
}
