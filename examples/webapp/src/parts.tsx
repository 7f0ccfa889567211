import type { Child } from 'hono/jsx'

/** What a page shows. Every text in JSX is escaped, in elements and in attributes. */
export type Content = Child

type Look = 'primary' | 'plain' | 'danger' | 'warn'

/** @param look makes it look like a button */
export const link = (to: string, text: Content, look?: Look) => (
  <a {...{ href: to, class: look && `button ${look}` }}>{text}</a>
)

/** The button that sends a form. */
export const submit = (text: string, look: string, label?: string) => (
  <button {...{ class: look === 'link' ? look : `button ${look}`, 'aria-label': label }}>
    {text}
  </button>
)

/** A state in a word. Green is for what is confirmed or alive, red for what is blocked. */
export const badge = (tone: 'good' | 'bad' | 'wait' | 'quiet', text: string) => (
  <span class={`badge ${tone}`}>{text}</span>
)

export const muted = (...content: Content[]) => <p class="muted">{content}</p>

/** A group of elements; the class says how they lie. */
export const group = (name: string, ...content: Content[]) => <div class={name}>{content}</div>

export const heading = (title: Content, ...more: Content[]) => (
  <div class="head">
    <h1 tabindex={-1}>{title}</h1>
    {more}
  </div>
)

/** A section of a page, with a title. */
export const panel = (id: string, title: string, lead: Content, ...content: Content[]) => (
  <section {...{ class: 'card panel', id, 'aria-labelledby': `${id}-title` }}>
    <h2 {...{ id: `${id}-title`, tabindex: -1 }}>{title}</h2>
    {lead && muted(lead)}
    {content}
  </section>
)

export const list = (...rows: Content[]) => <ul class="rows">{rows}</ul>

/** A thing of a list: its name, what is known of it, and what can be done with it. */
export const row = (title: Content, note: Content, ...actions: Content[]) => (
  <li class="row">
    <div>
      <div class="row-title">{title}</div>
      {note && <div class="muted">{note}</div>}
    </div>
    <div class="row-actions">{actions}</div>
  </li>
)

/** Terms and their values. */
export const facts = (values: Readonly<Record<string, Content>>) => (
  <dl class="facts">
    {Object.entries(values).map(([term, value]) => (
      <div>
        <dt>{term}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

/** Links of which one is where the reader is. */
export const choices = (
  label: string,
  name: string,
  options: Iterable<readonly [to: string, text: string, here: boolean]>,
) => (
  <nav {...{ class: name, 'aria-label': label }}>
    {[...options].map(([to, text, here]) => (
      <a {...{ href: to, 'aria-current': here ? 'page' : undefined }}>{text}</a>
    ))}
  </nav>
)

/** @param role `alert` for what the reader did not expect */
export const notice = (
  tone: 'good' | 'bad',
  role: 'status' | 'alert',
  text: Content,
  focus = false,
) => (
  <p {...{ class: `notice ${tone}`, role, ...(focus && { tabindex: -1, autofocus: true }) }}>
    {text}
  </p>
)

const plain = { autocapitalize: 'none', spellcheck: false } as const

/** The kinds of fields, each with what its input needs. */
const kinds = {
  text: { type: 'text', autocomplete: 'off' },
  name: { type: 'text', autocomplete: 'name' },
  url: { type: 'url', autocomplete: 'photo' },
  email: { type: 'email', autocomplete: 'username', ...plain },
  password: { type: 'password', autocomplete: 'current-password', ...plain },
  newPassword: { type: 'password', autocomplete: 'new-password', ...plain },
  code: { type: 'text', autocomplete: 'one-time-code', inputmode: 'numeric', ...plain },
} as const

interface FieldOptions {
  readonly kind?: keyof typeof kinds
  /** Unique on the page (default: the name). */
  readonly id?: string
  readonly autocomplete?: string
  readonly value?: string | null
  readonly hint?: string
  readonly optional?: boolean
  /** What has to be typed exactly, before the form is sent. */
  readonly expect?: string
}

/** An input with its label, its hint, and a line for its error, which is always there: an error moves nothing. */
export function field(name: string, label: Content, options: FieldOptions = {}) {
  const { kind = 'text', id = name, hint, optional = false, expect, value, ...more } = options
  const described = { 'aria-describedby': `${id}-error${hint ? ` ${id}-hint` : ''}` }
  const given = { value: value ?? undefined, 'data-expect': expect, required: !optional }
  const show = { class: 'reveal', 'aria-label': 'Show password', 'aria-controls': id }
  return (
    <div class="field">
      <label for={id}>{[label, optional && <span class="optional">optional</span>]}</label>
      <div class="input">
        <input {...{ id, name, ...kinds[kind], ...more, ...given, ...described }} />
        {kinds[kind].type === 'password' && <button {...{ type: 'button', ...show }}>Show</button>}
      </div>
      <p class="below">
        <span {...{ id: `${id}-error`, class: 'error', 'aria-live': 'polite' }} />
        {hint && <span {...{ id: `${id}-hint`, class: 'hint' }}>{hint}</span>}
      </p>
    </div>
  )
}

/** @param value filled in by the script if it is absent */
export const hidden = (name: string, value?: string) => (
  <input
    {...{ type: 'hidden', name, value, 'data-fill': value === undefined ? name : undefined }}
  />
)

interface FormOptions {
  readonly look?: Look
  /** The accessible name of the button, where its text alone is ambiguous. */
  readonly label?: string
  /** The path to go to after a success. */
  readonly to?: string
}

/**
 * A form that runs an action of `public/actions.js`. Without JavaScript it is a POST that is refused, so no input enters a
 * URL.
 */
export const form = (
  action: string,
  text: string,
  { look = 'primary', label, to }: FormOptions = {},
  ...fields: Content[]
) => (
  <form
    {...{ method: 'post', class: 'form', 'data-action': action, 'data-to': to, novalidate: true }}
  >
    {fields}
    <p {...{ class: 'form-error error', role: 'alert' }} />
    <p class="countdown" />
    {submit(text, look, label)}
  </form>
)

/** A form with a button only. Its errors appear in the status line of the page. */
export const action = (name: string, text: string, label?: string, ...fields: Content[]) => (
  <form {...{ method: 'post', 'data-action': name }}>
    {fields}
    {submit(text, 'plain', label)}
  </form>
)

/** @param next whether the button that closes the dialog is the next step */
export const dialog = (
  id: string,
  title: string,
  content: Content,
  close = 'Cancel',
  next = false,
) => (
  <dialog {...{ id, 'aria-labelledby': `${id}-title` }}>
    <h2 id={`${id}-title`}>{title}</h2>
    {content}
    <button
      {...{ type: 'button', class: `button ${next ? 'primary' : 'plain'}`, 'data-close': '' }}
    >
      {close}
    </button>
  </dialog>
)

/** @param title the accessible name too, where it says more than the text */
export function openButton(id: string, text: string, title: string, look: Look = 'plain') {
  const label = title.startsWith(`${text} `) ? title.replace('?', '') : undefined
  const opens = { 'data-open': id, 'aria-haspopup': 'dialog', 'aria-label': label }
  return <button {...{ type: 'button', class: `button ${look}`, ...opens }}>{text}</button>
}

interface Question {
  /** The text of the button that opens the dialog. */
  readonly open: string
  readonly title: string
  /** Default: the text of the button that opens the dialog. */
  readonly button?: string
  readonly note?: Content
  readonly danger?: boolean
  /** Unique on the page (default: the action). */
  readonly id?: string
}

/** A button, and the dialog that it opens: an action that needs an input or a confirmation. */
export function ask(
  name: string,
  { open, title, button = open, note, danger, id = name }: Question,
  ...fields: Content[]
) {
  const own = form(name, button, { look: danger ? 'danger' : 'primary' }, ...fields)
  return [
    openButton(id, open, title, danger ? 'warn' : 'plain'),
    dialog(id, title, [note && muted(note), own]),
  ]
}

const units = { day: 86_400, hour: 3600, minute: 60 }

function inWords(seconds: number): string {
  const [unit, size] = Object.entries(units).find(([, one]) => Math.abs(seconds) >= one) ?? []
  if (unit === undefined || size === undefined)
    return seconds > 0 ? 'in under a minute' : 'just now'
  const words = new Intl.RelativeTimeFormat('en')
  return words.format(Math.round(seconds / size), unit as keyof typeof units)
}

/** A time in words, with the exact time on hover. A skewed clock never makes a past time a future one. */
export function relative(at: Date, now: Date, future = false) {
  const seconds = (at.getTime() - now.getTime()) / 1000
  const title = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const text = inWords(future ? Math.max(1, seconds) : Math.min(0, seconds))
  return <time {...{ datetime: at.toISOString(), title }}>{text}</time>
}

/** A point in time, to the second, UTC. */
export const moment = (at: Date) => (
  <time datetime={at.toISOString()}>{at.toISOString().slice(0, 19).replace('T', ' ')}</time>
)
