// Where the page goes next, and what it says about what was done.

const key = 'torii-status'
/** Long enough to be read twice; what failed stays until something else is said. */
const shownMs = 10_000

let clearing

/** Says something in the status line, which screen readers read out. */
export function say(text, kind = 'done') {
  const line = document.getElementById('status')
  line.dataset.kind = kind
  // The same sentence twice is said twice.
  line.textContent = ''
  setTimeout(() => {
    line.textContent = text
  }, 50)
  clearTimeout(clearing)
  if (kind === 'failed') return
  clearing = setTimeout(() => {
    line.textContent = ''
  }, shownMs)
}

/** Goes to another page, and says something there. */
export function goTo(path, text) {
  if (text !== undefined) keep({ text })
  location.assign(path)
}

/** The same page as it now is. The focus goes to the part that was changed. */
export function reload(text, panelId) {
  keep({ text, panelId })
  location.reload()
}

function keep(status) {
  sessionStorage.setItem(key, JSON.stringify(status))
}

/** Says what the page before wanted said. */
export function showKeptStatus() {
  const kept = sessionStorage.getItem(key)
  if (kept === null) return
  sessionStorage.removeItem(key)
  const { text, panelId } = JSON.parse(kept)
  const changed = panelId === undefined ? 'h1' : `#${CSS.escape(panelId)} h2`
  document.querySelector(changed)?.focus({ preventScroll: true })
  if (text !== undefined) say(text)
}

/** Shows another step of what the form is a part of, with what was typed filled in. */
export function showStep(form, name, values) {
  const around = form.closest('dialog, section')
  for (const step of around.querySelectorAll('[data-step]'))
    step.hidden = step.dataset.step !== name
  const shown = around.querySelector(`[data-step=${name}]`)
  for (const place of shown.querySelectorAll('[data-fill]')) {
    const value = values[place.dataset.fill] ?? ''
    if (place instanceof HTMLInputElement) place.value = value
    else place.textContent = value
  }
  shown.querySelector('h2, h3')?.focus()
}
