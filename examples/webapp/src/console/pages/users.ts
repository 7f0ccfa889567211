import type { User } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { View } from '../../page.js'
import { cursorOf, pager } from '../pager.js'
import { moment } from '../parts.js'
import type { ConsoleCall } from '../route.js'
import { badges } from '../user-badges.js'

/** All users, newest first, or those whose email address starts with the search text. */
export async function usersPage({ torii, path, query }: ConsoleCall): Promise<View> {
  const search = (query.get('search') ?? '').trim()
  const { users, next } = await torii.admin.users({ search, limit: 25, ...cursorOf(query) })
  return {
    title: search === '' ? 'Users' : `Users: ${search}`,
    content: html`<section class="wide">
<h1>Users</h1>
${searchForm(search)}
<div class="card">
${users.length === 0 ? noUsers(search) : html`<ul class="rows users">${users.map(row)}</ul>`}
${pager({ path, query, next, label: 'Pages of users' })}
</div>
</section>`,
  }
}

const searchForm = (
  search: string,
): Html => html`<form class="search" method="get" action="/users" role="search">
<label for="search">Email address (or its beginning) or user ID</label>
<div><input id="search" name="search" type="search" value="${search}" autocomplete="off" autocapitalize="none" spellcheck="false">
<button class="button primary">Search</button>${search !== '' && html`<a class="button plain" href="/users">Show all</a>`}</div>
</form>`

const noUsers = (search: string): Html =>
  search === ''
    ? html`<p class="empty">No users yet.</p>`
    : html`<p class="empty" role="status">No user found for “${search}”.</p>`

const row = (user: User): Html => html`<li class="row">
<div><p class="row-title"><a href="/users/${user.id}">${user.email ?? user.name ?? user.id}</a> ${badges(user)}</p>
${user.email !== null && user.name !== null && html`<p class="muted">${user.name}</p>`}</div>
<p class="muted">${moment(user.createdAt)}</p>
</li>`
