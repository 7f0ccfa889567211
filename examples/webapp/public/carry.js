// The email address that a person has typed on the way to sign-in, kept from page to page: in this tab, and in no URL.

const key = 'torii-email'

/** Fills in the address of the page before, and keeps what is typed. A page of the account forgets it. */
export function carryEmail() {
  if (document.querySelector('.hero') === null) return sessionStorage.removeItem(key)
  for (const input of document.querySelectorAll('.hero input[type=email]')) {
    input.value ||= sessionStorage.getItem(key) ?? ''
    input.addEventListener('input', () => sessionStorage.setItem(key, input.value))
  }
}
