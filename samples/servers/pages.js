/** The pages of the servers in this folder. Their forms work without scripts. */

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text) => text.replace(/[&<>"']/g, (character) => entities[character])

const page = (title, content) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>${title}</title>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`

const form = (
  action,
  { button, autocomplete, email, message },
) => `<form method="post" action="${action}">
<p role="alert">${escapeHtml(message)}</p>
<p><label>Email <input name="email" type="email" autocomplete="username" required value="${escapeHtml(email)}"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="${autocomplete}" required></label></p>
<p><button>${button}</button></p>
</form>`

/** @param {string | null} email of the user who is signed in */
export const homePage = (email) =>
  page(
    'Home',
    email === null
      ? '<p>No user is signed in. <a href="/sign-in">Sign in</a></p>'
      : `<p>Signed in as ${escapeHtml(email)}. <a href="/account">Account</a></p>`,
  )

export const signInPage = ({ email = '', message = '' } = {}) =>
  page(
    'Sign in',
    `${form('/sign-in', { button: 'Sign in', autocomplete: 'current-password', email, message })}
<p><a href="/sign-up">Create an account</a></p>`,
  )

export const signUpPage = ({ email = '', message = '' } = {}) =>
  page(
    'Create an account',
    `${form('/sign-up', { button: 'Create account', autocomplete: 'new-password', email, message })}
<p><a href="/sign-in">I have an account</a></p>`,
  )

export const accountPage = (email) =>
  page(
    'Your account',
    `<p>Signed in as ${escapeHtml(email)}.</p>
<form method="post" action="/sign-out"><button>Sign out</button></form>`,
  )
