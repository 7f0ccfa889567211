import type { PageTexts } from '../../texts/texts.js'
import type { RecoveryCodes, TotpStart } from '../schema/response-bodies.js'
import type { PageSite } from './landing-page.js'
import { factsOf } from './landing-page.js'
import type { CodeField, EnrollPage, PageForm, PasskeyForm } from './page.js'
import { hiddenFields } from './second-factor-page.js'

/** A step of an enrollment: the first page, the code of the mail, the code of the application, the recovery codes. */
export type EnrollmentStep = 'start' | 'email_code' | 'confirm' | 'done'

/** The content of a page on which a user enrolls a second factor to complete a sign-in. */
export interface EnrollFacts extends PageSite {
  readonly pendingId: string
  /** The nonce of the browser, which the forms send back together with the landing cookie. */
  readonly nonce: string
  /** Where the browser is led after the sign-in; null for the page of the application that is set for it. */
  readonly redirectTo: string | null
  /** The message of the form that was just posted. */
  readonly error: string | null
  /** The page where the user can sign in another way. */
  readonly signIn: string
  readonly startPath: string
  readonly confirmPath: string
  /** Where the options of a new passkey come from, and where it is registered; null where passkeys are off. */
  readonly passkeyPaths: { readonly options: string; readonly action: string } | null
  readonly step: EnrollmentStep
  /** What this page shows once: a new secret, or recovery codes. */
  readonly shown: TotpStart | RecoveryCodes | null
  /** The page of the application after the last step. */
  readonly next?: string
}

/** Says what the page of a step has. Each step starts again with the first one where it fails for good. */
export function enrollPage(facts: EnrollFacts): EnrollPage {
  const { language, step, error, signIn, shown, next = signIn } = facts
  const texts = language.texts.pages.enroll_second_factor
  const otherWay = { href: signIn, label: language.texts.pages.second_factor.otherWay }
  const page = {
    kind: 'enroll_second_factor' as const,
    step,
    ...factsOf(facts, texts.heading),
    introduction: texts.introduction,
    error,
    qr: null,
    secret: null,
    recoveryCodes: null,
    forms: [],
    passkey: null,
    otherWay,
  }
  switch (step) {
    case 'start':
      return { ...page, forms: [startForm(facts, texts.startButton)] }
    case 'email_code': {
      const { newCodeQuestion: question, newCodeNote: note } = texts
      const field = { ...code, name: 'emailCode', label: texts.emailCodeLabel } as const
      const again = { ...startForm(facts, texts.newCodeButton), alternative: { question, note } }
      const introduction = language.texts.errors.email_code_required
      return {
        ...page,
        introduction,
        forms: [startForm(facts, texts.emailCodeButton, field), again],
      }
    }
    case 'confirm': {
      const { startAgainQuestion: question, startAgainNote: note } = texts
      const again = {
        ...startForm(facts, texts.startAgainButton),
        alternative: { question, note },
      }
      const { qr = null, secret = null } = shown !== null && 'secret' in shown ? shown : {}
      const introduction = secret === null ? texts.introduction : texts.scan
      const forms = [confirmForm(facts, texts), again]
      return { ...page, introduction, qr, secret, forms, passkey: passkeyForm(facts, texts) }
    }
    case 'done':
      return {
        ...page,
        heading: texts.doneHeading,
        introduction: texts.recoveryCodes,
        recoveryCodes: shown !== null && 'recoveryCodes' in shown ? shown.recoveryCodes : [],
        otherWay: { href: next, label: texts.continueLabel },
      }
    default:
      return step satisfies never
  }
}

const code = { type: 'code', digits: true } as const

const form = (
  facts: EnrollFacts,
  action: string,
  button: string,
  fields: readonly CodeField[],
): PageForm => ({
  action,
  fields: [...hiddenFields(facts), ...fields],
  button,
  alternative: null,
})

const startForm = (facts: EnrollFacts, button: string, ...fields: readonly CodeField[]): PageForm =>
  form(facts, facts.startPath, button, fields)

const confirmForm = (
  facts: EnrollFacts,
  { codeLabel: label, confirmButton }: { codeLabel: string; confirmButton: string },
): PageForm => form(facts, facts.confirmPath, confirmButton, [{ ...code, name: 'code', label }])

/** It follows the proof of the mailbox, as the code of the app does, so its options need no more than the pending sign-in. */
const passkeyForm = (
  facts: EnrollFacts,
  { passkeyButton: button, passkeyFailed: failed }: PageTexts['enroll_second_factor'],
): PasskeyForm | null =>
  facts.passkeyPaths && {
    ceremony: 'create',
    ...facts.passkeyPaths,
    fields: hiddenFields(facts),
    button,
    failed,
  }
