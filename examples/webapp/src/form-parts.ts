import type { Html } from './html.js'
import { html } from './html.js'

/** An input with its label, its hint, and the line below it for what is wrong. */
export interface Field {
  /** Unique on the page. */
  readonly id: string
  /** The member of the request that it becomes. */
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password' | 'url'
  readonly autocomplete: string
  readonly value?: string | null
  readonly hint?: string
  /** Default: true. */
  readonly required?: boolean
  /** For digits, so that a phone shows them. */
  readonly digits?: boolean
}

/** The line below is always there, so a message moves nothing. */
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

const withReveal = (id: string, input: Html): Html => html`<div class="with-reveal">${input}
<button type="button" class="reveal" aria-label="Show password" aria-controls="${id}">Show</button></div>`

/** A hidden input. */
export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`

/** Whose password a form is about, for password managers: they file it under an address. */
export const passwordOwner = (email: string | null): Html =>
  html`<input class="unseen" type="email" name="username" autocomplete="username" value="${
    email ?? ''
  }" aria-hidden="true" tabindex="-1" readonly>`

/** What makes a form act. */
export interface ActionForm {
  /** The act of `public/acts.js` that it does. */
  readonly action: string
  readonly content: Html
  readonly button: string
  readonly look?: 'primary' | 'plain' | 'danger'
  /** What a screen reader says instead of the button's text, where that alone does not tell which. */
  readonly label?: string
  /** Where to go when it is done. */
  readonly to?: string
}

/** A form that does an act. Without the script it is a POST that is refused: nothing typed enters a URL. */
export const actionForm = ({
  action,
  content,
  button,
  look = 'primary',
  label,
  to,
}: ActionForm): Html =>
  html`<form method="post" class="act" data-action="${action}"${to && html` data-to="${to}"`} novalidate>
${content}
<p class="form-error error" role="alert"></p>
<p class="countdown"></p>
<button class="button ${look}"${label && html` aria-label="${label}"`}>${button}</button>
</form>`

/** A form of nothing but its button; what is wrong is said in the page's status line. */
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
}

export const dialog = ({ id, title, content, close = 'Cancel' }: Dialog): Html =>
  html`<dialog id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
<button type="button" class="button plain close" data-close>${close}</button>
</dialog>`

export const openButton = (id: string, text: string, label?: string): Html =>
  html`<button type="button" class="button plain" data-open="${id}" aria-haspopup="dialog"${
    label && html` aria-label="${label}"`
  }>${text}</button>`

/** A point in time in words, the exact one on hover; a skewed clock never puts the past ahead. */
export function timeAgo(at: Date, now: Date): Html {
  const text = relative(Math.min(0, at.getTime() - now.getTime()) / 1000)
  return html`<time datetime="${at.toISOString()}" title="${exact(at)}">${text}</time>`
}

/** The same for what is still to come. */
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
