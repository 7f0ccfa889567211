// A form does its act: once at a time, with what is wrong said where it is wrong.

import { confirmAgain } from './dialogs.js'
import { goTo, say } from './status.js'
import { explain } from './words.js'

/** Forms that may not be sent before a time, because too much was tried. */
const countdowns = new Map()

/** @param act one of acts.js */
export function wireForm(form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void submit(form, action)
  })
  form.addEventListener('input', (event) => onInput(form, event.target))
  form.addEventListener('reset', () => clearMessages(form))
}

async function submit(form, action) {
  const button = form.querySelector('button:not([type])')
  if (countdowns.has(form) || button.hasAttribute('aria-busy')) return
  clearMessages(form)
  const wrong = firstWrong(form)
  if (wrong !== null) return showFieldError(wrong.input, wrong.text)

  // aria-busy rather than disabled, so that the focus stays.
  button.setAttribute('aria-busy', 'true')
  try {
    const values = readForm(form)
    const outcome = await runConfirmed(action, values)
    if (outcome === null) return
    if (outcome.ok) await action.done(form, values, outcome)
    else showRefusal(form, action, outcome)
  } finally {
    button.removeAttribute('aria-busy')
  }
}

/** Runs the act; where a fresh proof is asked for it, asks the person and goes on. Null when broken off. */
async function runConfirmed(action, values) {
  const settle = action.settle ?? ((outcome) => outcome)
  const first = settle(await action.run(values))
  if (first.error !== 'reauthentication_required') return first
  return (await confirmAgain()) ? settle(await action.run(values)) : null
}

/** The filled fields; a password goes exactly as typed. */
const readForm = (form) =>
  Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''))

function firstWrong(form) {
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
  }
  return null
}

/** Puts a refusal where it belongs: by the field it names, below the form, or into the status line. */
function showRefusal(form, action, refusal) {
  const { error, field, retryAfterSeconds } = refusal
  if (error === 'unauthenticated') {
    const to = encodeURIComponent(location.pathname)
    return goTo(`/sign-in?to=${to}`, explain(refusal, action.words))
  }
  const text = explain(refusal, action.words)
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

/** A wait belongs to the address it was answered for: another one may be tried at once. */
function onInput(form, input) {
  if (input.name === 'email') clearMessages(form)
  else clearFieldError(input)
}

/** The sentence is read out once; the seconds tick outside of it, so they are not. */
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
  form.querySelector('button:not([type])').setAttribute('aria-disabled', 'true')
  tick()
}

function stopCountdown(form) {
  if (!countdowns.has(form)) return
  clearInterval(countdowns.get(form))
  countdowns.delete(form)
  form.querySelector('.countdown').textContent = ''
  form.querySelector('button:not([type])').removeAttribute('aria-disabled')
}
