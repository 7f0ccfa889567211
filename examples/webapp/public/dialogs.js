// Dialogs. The browser keeps the focus inside, closes them with Escape, and restores the focus.

/** The operation that waits for the re-authentication; null without one. */
let waiting = null

export function wireDialogs() {
  for (const button of document.querySelectorAll('[data-open]'))
    button.addEventListener('click', () => open(document.getElementById(button.dataset.open)))
  for (const dialog of document.querySelectorAll('dialog')) {
    dialog.querySelector('[data-close]')?.addEventListener('click', () => dialog.close())
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog && dialog.id !== 'recovery-codes') dialog.close()
    })
    // What is shown once is not closed by accident.
    dialog.addEventListener('cancel', (event) => {
      if (dialog.id === 'recovery-codes') event.preventDefault()
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

export function closeDialog(form) {
  form.closest('dialog')?.close()
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
