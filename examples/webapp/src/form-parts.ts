import type { Html } from './html.js'
import { html } from './html.js'

/** An input with its label, its hint, and a line for its error. */
export interface Field {
  /** Unique on the page. */
  readonly id: string
  /** The name of the field in the request. */
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password' | 'url'
  readonly autocomplete: string
  readonly value?: string | null
  readonly hint?: string
  /** Default: true. */
  readonly required?: boolean
  /** Whether phones show a numeric keyboard. */
  readonly digits?: boolean
}

/** The error line is always there, so that an error does not move the layout. */
export function field(given: Field): Html {
  const { id, name, label, type = 'text', autocomplete, value, hint, required = true } = given
  const plain = type === 'email' || type === 'password' || given.digits === true
  const input = html`<input id="${id}" name="${name}" type="${type}" autocomplete="${autocomplete}"${
    value && html` value="${value}"`
  }${plain && html` autocapitalize="none" spellcheck="false"`}${
    given.digits === true && html` inputmode="numeric"`
  }${required && html` required`} aria-describedby="${id}-error${hint && ` ${id}-hint`}">`
  return html`<div class="field">
<label for="${id}">${label}${!required && html` <span class="optional">optional</span>`}</label>
${type === 'password' ? withReveal(id, input) : input}
<p class="below"><span id="${id}-error" class="error" aria-live="polite"></span>${
    hint && html`<span id="${id}-hint" class="hint">${hint}</span>`
  }</p>
</div>`
}

/** The input for the code that an authenticator app shows. */
export const codeField = ({ id, label }: Pick<Field, 'id' | 'label'>): Html =>
  field({ id, name: 'code', label, autocomplete: 'one-time-code', digits: true })

const withReveal = (id: string, input: Html): Html => html`<div class="with-reveal">${input}
<button type="button" class="reveal" aria-label="Show password" aria-controls="${id}">Show</button></div>`

/** A hidden input. */
export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`

/** The user name of a password form, under which password managers store the password. */
export const passwordOwner = (email: string | null): Html =>
  html`<input class="unseen" type="email" name="username" autocomplete="username" value="${
    email ?? ''
  }" aria-hidden="true" tabindex="-1" readonly>`

/** A form that runs an action. */
export interface ActionForm {
  /** The name of the action in `public/actions.js`. */
  readonly action: string
  readonly content: Html
  readonly button: string
  readonly look?: 'primary' | 'plain' | 'danger'
  /** The accessible name of the button, where its text alone is ambiguous. */
  readonly label?: string
  /** The path to go to after a success. */
  readonly to?: string
}

/** A form that runs an action. Without JavaScript it is a POST that is refused, so no input enters a URL. */
export const actionForm = ({
  action,
  content,
  button,
  look = 'primary',
  label,
  to,
}: ActionForm): Html =>
  html`<form method="post" class="action-form" data-action="${action}"${to && html` data-to="${to}"`} novalidate>
${content}
<p class="form-error error" role="alert"></p>
<p class="countdown"></p>
<button class="button ${look}"${label && html` aria-label="${label}"`}>${button}</button>
</form>`

/** A form with a button only. Its errors appear in the status line of the page. */
export const actionButton = ({
  action,
  content,
  button,
  look = 'plain',
  label,
}: ActionForm): Html =>
  html`<form method="post" data-action="${action}">${content}<button class="button ${look}"${
    label && html` aria-label="${label}"`
  }>${button}</button></form>`

/** A dialog, and the button that opens it. */
export interface Dialog {
  readonly id: string
  readonly title: string
  readonly content: Html
  /** Default: Cancel. */
  readonly close?: string
  /** Whether the button that closes it is the next step (default: false). */
  readonly closeIsPrimary?: boolean
}

export const dialog = ({
  id,
  title,
  content,
  close = 'Cancel',
  closeIsPrimary = false,
}: Dialog): Html =>
  html`<dialog id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
<button type="button" class="button ${closeIsPrimary ? 'primary' : 'plain'} close" data-close>${close}</button>
</dialog>`

export const openButton = (id: string, text: string, label?: string): Html =>
  html`<button type="button" class="button plain" data-open="${id}" aria-haspopup="dialog"${
    label && html` aria-label="${label}"`
  }>${text}</button>`

/** A past time in words, with the exact time on hover. A skewed clock never makes it a future time. */
export function timeAgo(at: Date, now: Date): Html {
  const text = relative(Math.min(0, at.getTime() - now.getTime()) / 1000)
  return html`<time datetime="${at.toISOString()}" title="${exact(at)}">${text}</time>`
}

/** A future time in words. */
export function timeUntil(at: Date, now: Date): Html {
  const text = relative(Math.max(1, (at.getTime() - now.getTime()) / 1000))
  return html`<time datetime="${at.toISOString()}" title="${exact(at)}">${text}</time>`
}

const exact = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

function relative(seconds: number): string {
  const found = units.find(([, size]) => Math.abs(seconds) >= size)
  if (found === undefined) return seconds > 0 ? 'in under a minute' : 'just now'
  return new Intl.RelativeTimeFormat('en').format(Math.round(seconds / found[1]), found[0])
}
