// Navigation, and the status message of the page.

import { fillIn } from './dialogs.js'

const key = 'torii-status'
/** Long enough to read twice. An error stays until the next message. */
const shownMs = 10_000

let clearing

/** Shows a message in the status line, which screen readers announce. */
export function say(text, kind = 'done') {
  const line = document.getElementById('status')
  line.dataset.kind = kind
  // Emptying the line first makes screen readers announce a repeated message.
  line.textContent = ''
  setTimeout(() => line.replaceChildren(text), 50)
  clearTimeout(clearing)
  if (kind !== 'failed') clearing = setTimeout(() => line.replaceChildren(), shownMs)
}

const keep = (status) => sessionStorage.setItem(key, JSON.stringify(status))

/** Goes to another page and shows a message there. */
export function goTo(path, text) {
  if (text !== undefined) keep({ text })
  location.assign(path)
}

/** Reloads the page. The focus goes to the changed section. */
export function reload(text, panelId) {
  keep({ text, panelId })
  location.reload()
}

/** Shows the message that the previous page left. */
export function showKeptStatus() {
  const kept = sessionStorage.getItem(key)
  if (kept === null) return
  sessionStorage.removeItem(key)
  const { text, panelId } = JSON.parse(kept)
  const changed = panelId === undefined ? 'h1' : `#${CSS.escape(panelId)} h2`
  document.querySelector(changed)?.focus({ preventScroll: true })
  if (text !== undefined) say(text)
}

/** Shows another step of the form's section, with the input filled in. */
export function showStep(form, name, values) {
  const around = form.closest('dialog, section')
  for (const step of around.querySelectorAll('[data-step]'))
    step.hidden = step.dataset.step !== name
  const shown = around.querySelector(`[data-step=${name}]`)
  fillIn(shown, values)
  shown.querySelector('h2, h3')?.focus()
}
