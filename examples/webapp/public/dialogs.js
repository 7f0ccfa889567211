// Dialogs: the browser keeps the focus inside, closes them by Escape, and gives the focus back.

/** What waits for a fresh proof of who is there; null when nothing does. */
let waiting = null

export function wireDialogs() {
  for (const button of document.querySelectorAll('[data-open]'))
    button.addEventListener('click', () => open(document.getElementById(button.dataset.open)))
  for (const dialog of document.querySelectorAll('dialog')) {
    dialog.querySelector('[data-close]')?.addEventListener('click', () => dialog.close())
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close()
    })
    dialog.addEventListener('close', () => settle(dialog))
  }
}

function open(dialog) {
  for (const form of dialog.querySelectorAll('form')) form.reset()
  for (const step of dialog.querySelectorAll('[data-step]'))
    step.hidden = step.dataset.step !== 'ask'
  dialog.showModal()
  dialog.querySelector('input:not([type=hidden]):not(.unseen)')?.focus()
}

export function closeDialog(form) {
  form.closest('dialog')?.close()
}

/** Asks once more who is there. Resolves to whether that was proved; false when the person broke it off. */
export function confirmAgain() {
  const dialog = document.getElementById('reauthenticate')
  if (dialog === null) return Promise.resolve(false)
  return new Promise((resolve) => {
    waiting = { resolve, proved: false }
    open(dialog)
  })
}

/** The proof was accepted. */
export function confirmedAgain(form) {
  if (waiting !== null) waiting.proved = true
  closeDialog(form)
}

function settle(dialog) {
  for (const form of dialog.querySelectorAll('form')) form.reset()
  if (dialog.id !== 'reauthenticate' || waiting === null) return
  const { resolve, proved } = waiting
  waiting = null
  resolve(proved)
}
