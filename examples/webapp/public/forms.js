// A form runs its action, once at a time, and shows each error where it belongs.

import { reauthenticate } from './dialogs.js'
import { goTo, say } from './status.js'
import { explain } from './words.js'

const submitOf = (form) => form.querySelector('button:not([type=button])')

/** Torii's page, to which mailed links and providers lead too. */
const secondFactorPath = '/auth/second-factors/verify'

/** Forms that are blocked for a time after too many attempts. */
const countdowns = new Map()

/** @param action one of actions.js */
export function wireForm(form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void submit(form, action)
  })
  form.addEventListener('input', (event) => onInput(form, event.target))
  form.addEventListener('reset', () => clearMessages(form))
}

async function submit(form, action) {
  const button = submitOf(form)
  if (countdowns.has(form) || button.hasAttribute('aria-busy')) return
  clearMessages(form)
  const invalid = firstInvalid(form)
  if (invalid !== null) return showFieldError(invalid.input, invalid.text)

  // aria-busy rather than disabled, so that the focus stays.
  button.setAttribute('aria-busy', 'true')
  try {
    const values = readForm(form)
    const outcome = await runAuthenticated(action, values)
    if (outcome === null) return
    if (outcome.ok) await action.done(form, values, outcome)
    else showError(form, action, outcome)
  } finally {
    button.removeAttribute('aria-busy')
  }
}

/** Runs the action, after a re-authentication where it is required. Null when the user cancels. */
async function runAuthenticated(action, values) {
  const interpret = action.interpret ?? ((outcome) => outcome)
  const first = interpret(await action.run(values))
  if (first.error !== 'reauthentication_required' && first.error !== 'level_required') return first
  return (await reauthenticate()) ? interpret(await action.run(values)) : null
}

/** The fields with a value. A password is sent exactly as typed. */
const readForm = (form) =>
  Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''))

function firstInvalid(form) {
  for (const input of form.querySelectorAll('input:not(.unseen)')) {
    if (input.validity.valueMissing) return { input, text: 'Enter a value.' }
    if (input.validity.typeMismatch)
      return {
        input,
        text:
          input.type === 'url'
            ? 'Enter a complete URL that starts with https.'
            : 'Enter a complete email address.',
      }
    const { expect } = input.dataset
    if (expect !== undefined && input.value.trim() !== expect)
      return { input, text: `Type ${expect} to confirm.` }
  }
  return null
}

/** Shows an error at its field, below the form, or in the status line. */
function showError(form, action, failure) {
  const { error, field, retryAfterSeconds } = failure
  if (error === 'second_factor_required') return goTo(secondFactorPath)
  if (error === 'unauthenticated') {
    const to = encodeURIComponent(location.pathname)
    return goTo(`/sign-in?to=${to}`, explain(failure, action.words))
  }
  const text = explain(failure, action.words)
  if (error === 'too_many_attempts' && retryAfterSeconds > 0)
    return startCountdown(form, text, retryAfterSeconds)
  const input = form.elements.namedItem(action.fields?.[error] ?? field ?? '')
  if (input instanceof HTMLInputElement && input.type !== 'hidden') showFieldError(input, text)
  else showFormError(form, text)
}

function showFieldError(input, text) {
  const line = document.getElementById(`${input.id}-error`)
  if (line !== null) line.textContent = text
  input.setAttribute('aria-invalid', 'true')
  input.focus()
}

function showFormError(form, text) {
  const line = form.querySelector('.form-error')
  if (line === null) say(text, 'failed')
  else line.textContent = text
}

function clearMessages(form) {
  stopCountdown(form)
  for (const input of form.querySelectorAll('[aria-invalid]')) clearFieldError(input)
  const line = form.querySelector('.form-error')
  if (line !== null) line.textContent = ''
}

function clearFieldError(input) {
  input.removeAttribute('aria-invalid')
  const line = document.getElementById(`${input.id}-error`)
  if (line !== null) line.textContent = ''
}

/** A wait belongs to its email address: another one can be tried at once. */
function onInput(form, input) {
  if (input.name === 'email') clearMessages(form)
  else clearFieldError(input)
}

/** Screen readers read the message once; the countdown is outside of it. */
function startCountdown(form, text, seconds) {
  const line = form.querySelector('.countdown')
  if (line === null) return say(text, 'failed')
  showFormError(form, 'Too many attempts.')
  const endsAtMs = Date.now() + seconds * 1000
  const tick = () => {
    const left = Math.ceil((endsAtMs - Date.now()) / 1000)
    if (left > 0) {
      const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
      line.textContent = `Try again in ${clock}`
      return
    }
    stopCountdown(form)
    showFormError(form, 'You can try again now.')
  }
  countdowns.set(form, setInterval(tick, 250))
  submitOf(form).setAttribute('aria-disabled', 'true')
  tick()
}

function stopCountdown(form) {
  if (!countdowns.has(form)) return
  clearInterval(countdowns.get(form))
  countdowns.delete(form)
  form.querySelector('.countdown').textContent = ''
  submitOf(form).removeAttribute('aria-disabled')
}
