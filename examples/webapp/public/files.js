// Files that the page makes, and the recovery codes, which are shown once.

import { fillIn, open } from './dialogs.js'
import { reload } from './status.js'

/** Saves a text as a file. */
export function download(name, type, text) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

/** The URL of a drawing, for an image. Unlike markup, an image runs no script. */
export const pictureUrl = (svg) => URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))

/** Shows the codes until the user has kept them, then reloads the page with a message. */
export function showRecoveryCodes(codes, message) {
  const dialog = document.getElementById('recovery-codes')
  const text = codes.join('\n')
  const file = `Recovery codes for ${location.host}\n\n${text}\n`
  fillIn(dialog, { codes: text })
  const ways = {
    // A message of the page would be behind the dialog.
    Copy: (button) =>
      navigator.clipboard.writeText(text).then(
        () => button.replaceChildren('Copied'),
        () => button.replaceChildren('Copying failed'),
      ),
    Download: () => download('recovery-codes.txt', 'text/plain', file),
    Print: () => print(),
  }
  for (const button of dialog.querySelectorAll('[data-codes]'))
    button.addEventListener('click', () => ways[button.dataset.codes](button))
  dialog.addEventListener('close', () => reload(message, dialog.closest('.panel').id), {
    once: true,
  })
  open(dialog)
}
