// Dialogs. The browser keeps the focus inside, closes them with Escape, and restores the focus.

/** The operation that waits for the re-authentication; null without one. */
let waiting = null

export function wireDialogs() {
  for (const button of document.querySelectorAll('[data-open]'))
    button.addEventListener('click', () => open(document.getElementById(button.dataset.open)))
  for (const dialog of document.querySelectorAll('dialog')) {
    // What is shown once is not closed by accident.
    const isSticky = dialog.id === 'recovery-codes'
    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close())
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog && !isSticky) dialog.close()
    })
    dialog.addEventListener('cancel', (event) => {
      if (isSticky) event.preventDefault()
    })
    dialog.addEventListener('close', () => onClose(dialog))
  }
}

export function open(dialog) {
  for (const form of dialog.querySelectorAll('form')) form.reset()
  for (const step of dialog.querySelectorAll('[data-step]'))
    step.hidden = step.dataset.step !== 'ask'
  dialog.showModal()
  dialog.querySelector('input:not([type=hidden]):not(.unseen)')?.focus()
}

export const closeDialog = (form) => form.closest('dialog')?.close()

/** Fills in the values, each where its name is. */
export function fillIn(around, values) {
  for (const place of around.querySelectorAll('[data-fill]')) {
    const value = values[place.dataset.fill] ?? ''
    if (place instanceof HTMLInputElement) place.value = value
    else if (place instanceof HTMLImageElement) place.src = value
    else place.textContent = value
  }
}

/** Asks the user to re-authenticate. Resolves to false when the user cancels. */
export function reauthenticate() {
  const dialog = document.getElementById('reauthenticate')
  if (dialog === null) return Promise.resolve(false)
  return new Promise((resolve) => {
    waiting = { resolve, succeeded: false }
    open(dialog)
  })
}

/** The re-authentication succeeded. */
export function reauthenticated(form) {
  if (waiting !== null) waiting.succeeded = true
  closeDialog(form)
}

function onClose(dialog) {
  for (const form of dialog.querySelectorAll('form')) form.reset()
  if (dialog.id !== 'reauthenticate' || waiting === null) return
  const { resolve, succeeded } = waiting
  waiting = null
  resolve(succeeded)
}
