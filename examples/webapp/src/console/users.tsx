import type { View } from '../document.js'
import type { Content } from '../parts.js'
import { badge, choices, heading, hidden, link, moment, muted, submit } from '../parts.js'
import { count } from '../words.js'
import type { ConsoleCall } from './console.js'
import { filters, idForm, mostCounted } from './queries.js'

/** The users, newest first: all, or those whose email address or name has the search text in it. */
export async function usersPage({ queries, query }: ConsoleCall): Promise<View> {
  const search = (query.search ?? '').trim()
  const filter = filters.find(({ name }) => name === query.filter) ?? filters[0]
  const { users, found, previous, next } = await queries.users(search, filter, placeOf(query))
  const to = (changed: Readonly<Record<string, string>>) =>
    `/users?${new URLSearchParams({ search, filter: filter.name, ...changed })}`
  const states = filters.map((one) => [to({ filter: one.name }), one.text, one === filter] as const)
  const rows = users.map(({ id, email, name, verified, disabled, created_at, sessions }) => [
    link(`/users/${id}`, email ?? name ?? id),
    email === null ? '' : name,
    state(email, verified, disabled),
    count('session', sessions),
    moment(created_at),
  ])
  const input = { id: 'search', name: 'search', type: 'search', value: search, autocomplete: 'off' }
  const content = (
    <section class="wide">
      {heading('Users', muted(found > mostCounted ? manyFound : count('user', found)))}
      <search>
        <form class="search" action="/users">
          <label for="search">Name, email address or user ID</label>
          <input {...input} />
          {hidden('filter', filter.name)}
          {submit('Search', 'primary')}
          {search !== '' && link('/users', 'Show all', 'plain')}
        </form>
      </search>
      {choices('State', 'choices', states)}
      <div class="card">
        {found === 0
          ? notFound
          : table(['Account', 'Name', 'State', 'Sessions', 'Created'], rows, 'users')}
        {pager(previous !== null && to({ before: previous }), next !== null && to({ after: next }))}
      </div>
    </section>
  )
  return { title: search === '' ? 'Users' : `Users: ${search}`, content }
}

const manyFound = `more than ${mostCounted.toLocaleString('en')} users`

/** An id that was changed in the URL leads to the first page. */
function placeOf({ after, before }: ConsoleCall['query']) {
  const id = after ?? before ?? ''
  return idForm.test(id) ? { id, backwards: after === undefined } : null
}

const notFound = (
  <p class="empty" role="status">
    No users found.
  </p>
)

/** The state of an account. */
export function state(email: string | null, verified: boolean, disabled: boolean) {
  if (disabled) return badge('bad', 'Disabled')
  if (email === null) return badge('quiet', 'No email address')
  return verified ? badge('good', 'Active') : badge('wait', 'Not verified')
}

/** A table of texts, whose first column names the row. On a phone each row is a block. */
export const table = (
  titles: readonly string[],
  rows: readonly (readonly Content[])[],
  name = '',
) => (
  <table class={name}>
    <thead>
      <tr>
        {titles.map((title) => (
          <th scope="col">{title}</th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map(([first, ...cells]) => (
        <tr>{[<th scope="row">{first}</th>, cells.map((cell) => <td>{cell}</td>)]}</tr>
      ))}
    </tbody>
  </table>
)

/** The way to the other pages of a list. */
export const pager = (previous: string | false, next: string | false) =>
  (previous || next) && (
    <nav class="pager" aria-label="Pages">
      {previous && (
        <a class="button plain" rel="prev" href={previous}>
          Previous page
        </a>
      )}
      {next && (
        <a class="button plain" rel="next" href={next}>
          Next page
        </a>
      )}
    </nav>
  )
