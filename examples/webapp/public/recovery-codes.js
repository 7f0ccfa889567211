// Recovery codes, which are shown once.

import { open } from './dialogs.js'
import { download } from './download.js'
import { fillIn, reload } from './status.js'

/** Shows the codes until the user has kept them, then reloads the page with a message. */
export function showRecoveryCodes(codes, message) {
  const dialog = document.getElementById('recovery-codes')
  const text = codes.join('\n')
  fillIn(dialog, { codes: text })
  const ways = {
    copy: (button) => copy(button, text),
    download: () =>
      download(
        'recovery-codes.txt',
        'text/plain',
        `Recovery codes for ${location.host}\n\n${text}\n`,
      ),
    print: () => print(),
  }
  for (const button of dialog.querySelectorAll('[data-codes]'))
    button.addEventListener('click', () => ways[button.dataset.codes](button))
  dialog.addEventListener('close', () => reload(message, 'second-factor'), { once: true })
  open(dialog)
}

async function copy(button, text) {
  const copied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  )
  // A message of the page would be behind the dialog.
  button.textContent = copied ? 'Copied' : 'Copying failed'
}
