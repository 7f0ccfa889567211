import type { Html } from '../html.js'
import { html } from '../html.js'

/** A point in time, to the second, UTC. */
export const moment = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 19).replace('T', ' ')}</time>`

/** The same, or a text where there is none. */
export const momentOr = (at: Date | null, otherwise: string): Html =>
  at === null ? html`${otherwise}` : moment(at)

/** A term and its value. A long value has a line to itself. */
export type Fact = readonly [term: string, value: Html | string, length?: 'long']

export const facts = (entries: readonly Fact[]): Html =>
  html`<dl class="facts">${entries.map(
    ([term, value, length]) =>
      html`<div${length && html` class="long"`}><dt>${term}</dt><dd>${value}</dd></div>`,
  )}</dl>`

/** An action with a confirmation: a disclosure, so it needs no script. */
export interface Confirmed {
  readonly action: string
  readonly ask: string
  readonly consequence: string
  readonly confirm: string
}

export const confirmed = ({ action, ask, consequence, confirm }: Confirmed): Html =>
  html`<details class="confirm">
<summary class="button danger">${ask}</summary>
<form method="post" action="${action}"><p>${consequence}</p><button class="button primary">${confirm}</button></form>
</details>`

/** A button for an action without a confirmation. */
export const action = (action: string, text: string, label?: string): Html =>
  html`<form method="post" action="${action}"><button class="button"${
    label !== undefined && html` aria-label="${label}"`
  }>${text}</button></form>`
