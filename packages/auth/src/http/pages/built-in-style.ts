/** The style of the built-in pages. */
export const style = `
:root { color-scheme: light dark; --ground: #f4f4f5; --card: #fff; --line: #e4e4e7; --strong: #18181b;
  --plain: #3f3f46; --quiet: #63636d; --act: #18181b; --on-act: #fff; --bad: #a61b1b; --focus: #2563eb }
@media (prefers-color-scheme: dark) {
  :root { --ground: #111113; --card: #1b1b1f; --line: #3a3a42; --strong: #f4f4f5; --plain: #d4d4d8;
    --quiet: #a1a1aa; --act: #f4f4f5; --on-act: #18181b; --bad: #ff9d9d; --focus: #8ab4ff }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px;
  background: var(--ground); color: var(--plain); font: 16px/1.55 system-ui, sans-serif }
main { width: 100%; max-width: 26rem }
.app { margin: 0 4px 12px; font-weight: 600; font-size: .95rem; color: var(--strong) }
.app img { display: block; max-width: 100%; max-height: 48px }
.card { padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
h1 { margin: 0 0 12px; font-size: 1.4rem; line-height: 1.3; color: var(--strong) }
p { margin: 0 0 16px; overflow-wrap: anywhere }
label { display: block; margin: 0 0 6px; font-weight: 600; color: var(--strong) }
input { width: 100%; margin: 0 0 6px; padding: 11px 12px; font: inherit; color: var(--strong);
  background: var(--card); border: 1px solid var(--quiet); border-radius: 8px }
.check { display: flex; gap: 10px; align-items: flex-start; margin: 14px 0 6px }
.check input { flex: none; width: 18px; height: 18px; margin: 4px 0 0 }
button { width: 100%; margin: 14px 0 0; padding: 12px; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-act); background: var(--act); border: 0; border-radius: 8px }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px }
.quiet { font-size: .9rem; color: var(--quiet) }
.bad { color: var(--bad); font-weight: 600 }
form + .quiet, form + .back, details + .quiet, details + .back { margin-top: 20px }
.secret { display: flex; gap: 8px; align-items: stretch; margin: 0 0 6px }
.secret input { flex: 1; min-width: 0; margin: 0 }
.secret button { width: auto; margin: 0; padding: 0 14px; color: var(--strong); background: transparent;
  border: 1px solid var(--quiet) }
.qr svg { display: block; width: 100%; max-width: 220px; margin: 0 auto 16px; background: #fff; border-radius: 8px }
code { font: 600 .95rem/1.6 ui-monospace, monospace; color: var(--strong); overflow-wrap: anywhere }
.codes { margin: 0 0 16px; padding: 0; list-style: none; text-align: center }
details { margin: 20px 0 0 }
summary { cursor: pointer; font-weight: 600; color: var(--strong) }
details p { margin: 12px 0 }
a { color: inherit }
.card > :last-child { margin-bottom: 0 }
@media (max-width: 30rem) { .card { padding: 24px 20px } }
`

/** Shows and hides passwords, with the words of the button's attributes. Without scripts the buttons stay hidden, and the page works. */
export const passwordScript = `
for (const button of document.querySelectorAll('[data-toggles]')) {
  const input = document.getElementById(button.dataset.toggles)
  button.hidden = false
  button.addEventListener('click', () => {
    const shown = input.type === 'text'
    input.type = shown ? 'password' : 'text'
    button.textContent = shown ? button.dataset.show : button.dataset.hide
    button.setAttribute('aria-label', shown ? button.dataset.showPassword : button.dataset.hidePassword)
    input.focus()
  })
  // A browser must not keep the password as the text of an ordinary field.
  input.form.addEventListener('submit', () => { input.type = 'password' })
}
`

/**
 * Signs in with a passkey, or sets one up: the options come from the server, and the response goes back in the form. `PublicKeyCredential` has
 * the conversions itself in newer browsers alone.
 * @see WebAuthn Level 3, section 5.1.8 and 5.1.10
 */
export const passkeyScript = `
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const withBytes = ({ challenge, allowCredentials, excludeCredentials, user, ...options }) => ({
  ...options, challenge: toBytes(challenge),
  ...(allowCredentials ? { allowCredentials: allowCredentials.map((one) => ({ ...one, id: toBytes(one.id) })) } : {}),
  ...(user ? { user: { ...user, id: toBytes(user.id) } } : {}),
})
const ceremonies = {
  get: (options) => navigator.credentials.get({ publicKey: withBytes(options) }),
  create: (options) => navigator.credentials.create({ publicKey: withBytes(options) }),
}
for (const form of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential) continue
  const alert = form.querySelector('[role=alert]')
  const say = (text) => { alert.textContent = text; alert.hidden = text === '' }
  form.hidden = false
  // The checkbox is in the form for the code, and applies to both.
  form.addEventListener('formdata', ({ formData }) => {
    if (document.querySelector('[name=trustBrowser]:checked') !== null) formData.set('trustBrowser', 'true')
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    say('')
    try {
      const answer = await fetch(form.dataset.passkey, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ pendingId: form.elements.pendingId.value }),
      })
      const started = await answer.json()
      if (!answer.ok) return say(started.message)
      const credential = await ceremonies[form.dataset.ceremony](started.options)
      const { response } = credential
      const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']
      form.elements.challengeId.value = started.challengeId
      form.elements.response.value = JSON.stringify({
        id: credential.id, rawId: toText(credential.rawId), type: credential.type,
        clientExtensionResults: {},
        response: {
          ...Object.fromEntries(parts.flatMap((part) => (response[part] ? [[part, toText(response[part])]] : []))),
          ...(response.getTransports ? { transports: response.getTransports() } : {}),
        },
      })
      form.submit()
    } catch {
      say(form.dataset.failed)
    }
  })
}
`
