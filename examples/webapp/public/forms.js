// A form runs its action, once at a time, and shows each error where it belongs.

import { reauthenticate } from './dialogs.js'
import { goTo, say } from './status.js'
import { explain } from './words.js'

/** Torii's page, to which magic links and providers lead too. */
const secondFactorPath = '/auth/second-factors/verify'

/** Forms that are blocked for a time after too many attempts. */
const countdowns = new Map()

const buttonOf = (form) => form.querySelector('button:not([type=button])')
const errorLineOf = (input) => document.getElementById(`${input.id}-error`)

/** @param action one of actions.js */
export function wireForm(form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void submit(form, action)
  })
  // A wait belongs to its email address: another one can be tried at once.
  form.addEventListener('input', ({ target }) =>
    target.name === 'email' ? clearMessages(form) : clearFieldError(target),
  )
  form.addEventListener('reset', () => clearMessages(form))
}

async function submit(form, action) {
  const button = buttonOf(form)
  if (countdowns.has(form) || button.hasAttribute('aria-busy')) return
  clearMessages(form)
  for (const input of form.querySelectorAll('input:not(.unseen)')) {
    const problem = problemOf(input)
    if (problem !== null) return showFieldError(input, problem)
  }
  // aria-busy rather than disabled, so that the focus stays.
  button.setAttribute('aria-busy', 'true')
  try {
    // The fields with a value. A password is sent exactly as typed.
    const values = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''))
    const outcome = await runAuthenticated(action, values)
    if (outcome?.ok) await action.done(form, values, outcome)
    else if (outcome !== null) showError(form, action, outcome)
  } finally {
    button.removeAttribute('aria-busy')
  }
}

/** Runs the action, after a re-authentication where it is required. Null when the user cancels. */
async function runAuthenticated({ run, interpret = (outcome) => outcome }, values) {
  const first = interpret(await run(values))
  if (first.error !== 'reauthentication_required' && first.error !== 'level_required') return first
  return (await reauthenticate()) ? interpret(await run(values)) : null
}

function problemOf({ validity, type, value, dataset: { expect } }) {
  if (validity.valueMissing) return 'Enter a value.'
  if (validity.typeMismatch)
    return type === 'url'
      ? 'Enter a complete URL that starts with https.'
      : 'Enter a complete email address.'
  return expect === undefined || value.trim() === expect ? null : `Type ${expect} to confirm.`
}

/** Shows an error at its field, below the form, or in the status line. */
function showError(form, action, failure) {
  const { error, field, retryAfterSeconds } = failure
  if (error === 'second_factor_required') return goTo(secondFactorPath)
  const text = explain(failure, action.words)
  if (error === 'unauthenticated')
    return goTo(`/sign-in?to=${encodeURIComponent(location.pathname)}`, text)
  if (error === 'too_many_attempts' && retryAfterSeconds > 0)
    return startCountdown(form, text, retryAfterSeconds)
  const input = form.elements.namedItem(action.fields?.[error] ?? field ?? '')
  if (input instanceof HTMLInputElement && input.type !== 'hidden') showFieldError(input, text)
  else showFormError(form, text)
}

function showFieldError(input, text) {
  errorLineOf(input)?.replaceChildren(text)
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
  form.querySelector('.form-error')?.replaceChildren()
}

function clearFieldError(input) {
  input.removeAttribute('aria-invalid')
  errorLineOf(input)?.replaceChildren()
}

/** Screen readers read the message once; the countdown is outside of it. */
function startCountdown(form, text, seconds) {
  const line = form.querySelector('.countdown')
  if (line === null) return say(text, 'failed')
  showFormError(form, 'Too many attempts.')
  const endsAtMs = Date.now() + seconds * 1000
  const tick = () => {
    const left = Math.ceil((endsAtMs - Date.now()) / 1000)
    if (left <= 0) {
      stopCountdown(form)
      return showFormError(form, 'You can try again now.')
    }
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
    line.textContent = `Try again in ${clock}`
  }
  countdowns.set(form, setInterval(tick, 250))
  buttonOf(form).setAttribute('aria-disabled', 'true')
  tick()
}

function stopCountdown(form) {
  if (!countdowns.has(form)) return
  clearInterval(countdowns.get(form))
  countdowns.delete(form)
  form.querySelector('.countdown').textContent = ''
  buttonOf(form).removeAttribute('aria-disabled')
}
