import { useEffect, useState } from 'react'

/** What only an owner sees; the server checks the role again. */
export function Users({ self }) {
  const [users, setUsers] = useState([])

  async function load() {
    const response = await fetch('/api/users')
    if (response.ok) setUsers((await response.json()).users)
  }
  useEffect(() => void load(), [])

  async function setRole(id, role) {
    await fetch(`/api/users/${id}/role`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ role }),
    })
    await load()
  }

  return (
    <section>
      <h2>Users</h2>
      <ul>
        {users.map(({ id, email, role }) => (
          <li key={id}>
            <span>{email}</span>
            <select
              aria-label={`Role of ${email}`}
              value={role}
              disabled={id === self}
              onChange={(event) => setRole(id, event.target.value)}
            >
              <option>member</option>
              <option>owner</option>
            </select>
          </li>
        ))}
      </ul>
    </section>
  )
}
