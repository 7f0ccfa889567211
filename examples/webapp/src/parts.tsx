import type { Child } from 'hono/jsx'

/** What a page shows. Every text in JSX is escaped, in elements and in attributes. */
export type Content = Child

type Look = 'primary' | 'plain' | 'danger' | 'warn' | 'link'

const lookOf = (look: Look | undefined) => (look === 'link' ? look : look && `button ${look}`)

/** @param look makes it look like a button */
export const link = (to: string, text: Content, look?: Look) => (
  <a href={to} class={lookOf(look)}>
    {text}
  </a>
)

/** The button that sends a form. @param label its accessible name, where the text alone is ambiguous */
export const submit = (text: string, look: Look, label?: string) => (
  <button type="submit" class={lookOf(look)} aria-label={label}>
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

/** @param focus whether screen readers begin here */
export const notice = (tone: 'good' | 'bad', text: Content, focus = false) => (
  <p class={`notice ${tone}`} role={tone === 'good' ? 'status' : 'alert'} {...(focus && first)}>
    {text}
  </p>
)

const first = { tabindex: -1, autofocus: true }

export const heading = (title: Content, ...more: Content[]) => (
  <div class="head">{[<h1 tabindex={-1}>{title}</h1>, more]}</div>
)

/** A section of a page. Its title in lower case, with hyphens, is its id. */
export function panel(title: string, lead: Content, ...content: Content[]) {
  const id = title.toLowerCase().replaceAll(' ', '-')
  return (
    <section class="card panel" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} tabindex={-1}>
        {title}
      </h2>
      {[lead && muted(lead), content]}
    </section>
  )
}

export const list = (...rows: Content[]) => <ul class="rows">{rows}</ul>

/** A thing of a list: its name, what is known of it, and what can be done with it. */
export const row = (title: Content, note: Content, ...actions: Content[]) => (
  <li class="row">
    <div>{[group('row-title', title), note && group('muted', note)]}</div>
    {group('row-actions', actions)}
  </li>
)

/** Terms and their values. */
export const facts = (values: Readonly<Record<string, Content>>) => (
  <dl class="facts">
    {Object.entries(values).map(([term, value]) => (
      <div>{[<dt>{term}</dt>, <dd>{value}</dd>]}</div>
    ))}
  </dl>
)

/** Links, of which one is where the reader is. */
export const choices = (
  label: string,
  name: string,
  links: Iterable<readonly [string, string, boolean]>,
) => (
  <nav class={name} aria-label={label}>
    {[...links].map(([href, text, isHere]) => (
      <a href={href} aria-current={isHere ? 'page' : undefined}>
        {text}
      </a>
    ))}
  </nav>
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
        <input id={id} name={name} {...kinds[kind]} {...more} {...given} {...described} />
        {kinds[kind].type === 'password' && (
          <button type="button" {...show}>
            Show
          </button>
        )}
      </div>
      <p class="below">
        <span id={`${id}-error`} class="error" aria-live="polite" />
        {hint && (
          <span id={`${id}-hint`} class="hint">
            {hint}
          </span>
        )}
      </p>
    </div>
  )
}

/** @param value filled in by the script if it is absent */
export const hidden = (name: string, value?: string) => (
  <input
    type="hidden"
    name={name}
    value={value}
    data-fill={value === undefined ? name : undefined}
  />
)

interface FormOptions {
  readonly look?: Look
  /** The path to go to after a success. */
  readonly to?: string
}

/** A form that runs an action of `public/actions.js`. Without JavaScript it is a POST that is refused: no input enters a URL. */
export const form = (name: string, text: string, options: FormOptions, ...fields: Content[]) => (
  <form method="post" class="form" data-action={name} data-to={options.to} novalidate>
    {fields}
    <p class="form-error error" role="alert" />
    {[<p class="countdown" />, submit(text, options.look ?? 'primary')]}
  </form>
)

/** A form with a button only. Its errors appear in the status line of the page. */
export const action = (name: string, text: string, label?: string, ...fields: Content[]) => (
  <form method="post" data-action={name}>
    {[fields, submit(text, 'plain', label)]}
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
  <dialog id={id} aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>{title}</h2>
    {content}
    <button type="button" class={lookOf(next ? 'primary' : 'plain')} data-close="">
      {close}
    </button>
  </dialog>
)

/** @param title of the dialog; the accessible name too, where it says more than the text */
export function openButton(id: string, text: string, title: string, look: Look = 'plain') {
  const label = title.startsWith(`${text} `) ? title.replace('?', '') : undefined
  const opens = { 'data-open': id, 'aria-haspopup': 'dialog', 'aria-label': label }
  return (
    <button type="button" class={lookOf(look)} {...opens}>
      {text}
    </button>
  )
}

interface Question {
  /** The text of the button that opens the dialog, and of the button in it if that has no other. */
  readonly open: string
  readonly title: string
  readonly button?: string
  readonly note?: Content
  readonly danger?: boolean
  /** Unique on the page (default: the action). */
  readonly id?: string
}

/** A button, and the dialog that it opens: an action that needs an input or a confirmation. */
export function ask(name: string, question: Question, ...fields: Content[]) {
  const { open, title, button = open, note, danger = false, id = name } = question
  const own = form(name, button, { look: danger ? 'danger' : 'primary' }, ...fields)
  const opener = openButton(id, open, title, danger ? 'warn' : 'plain')
  return [opener, dialog(id, title, [note && muted(note), own])]
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
  return (
    <time datetime={at.toISOString()} title={title}>
      {text}
    </time>
  )
}

/** A day in words, UTC. */
export const day = (at: Date) =>
  new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(at)

/** A point in time, to the second, UTC. */
export const moment = (at: Date) => (
  <time datetime={at.toISOString()}>{at.toISOString().slice(0, 19).replace('T', ' ')}</time>
)
