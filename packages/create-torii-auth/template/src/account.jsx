import { useEffect, useState } from 'react'
import { user as account, sessions } from 'torii-auth/browser'
import { useSessionClient } from 'torii-auth/react'
import { Users } from './users.jsx'

export function Account({ user }) {
  const client = useSessionClient()
  const [role, setRole] = useState('')
  const [message, setMessage] = useState('')

  useEffect(() => {
    fetch('/api/role').then(
      async (response) => response.ok && setRole((await response.json()).role),
      () => setMessage('The server could not be reached.'),
    )
  }, [])

  async function rename(event) {
    event.preventDefault()
    const name = new FormData(event.currentTarget).get('name').trim()
    const outcome = await account.update(client, { name: name === '' ? null : name })
    setMessage(outcome.ok ? 'Saved.' : outcome.message)
  }

  async function signOut() {
    const outcome = await sessions.signOut(client)
    if (!outcome.ok) setMessage(outcome.message)
  }

  return (
    <>
      <header>
        <h1>Your account</h1>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </header>
      <p>
        {user.email} {role !== '' && <span className="role">{role}</span>}
      </p>
      <form onSubmit={rename}>
        <label>
          Name
          <input name="name" autoComplete="name" maxLength={100} defaultValue={user.name ?? ''} />
        </label>
        <p role="status">{message}</p>
        <button type="submit">Save</button>
      </form>
      <Devices />
      {role === 'owner' && <Users self={user.id} />}
    </>
  )
}

function Devices() {
  const client = useSessionClient()
  const [list, setList] = useState([])

  async function load() {
    const outcome = await sessions.list(client)
    if (outcome.ok) setList(outcome.sessions)
  }
  useEffect(() => void load(), [])

  async function signOutDevice(id) {
    await sessions.revoke(client, id)
    await load()
  }

  return (
    <section>
      <h2>Devices</h2>
      <ul>
        {list.map(({ id, current, userAgent, lastActiveAt }) => (
          <li key={id}>
            <span>
              {userAgent ?? 'Unknown device'}
              <small>{new Date(lastActiveAt).toLocaleString()}</small>
            </span>
            {current ? (
              <em>This device</em>
            ) : (
              <button type="button" onClick={() => signOutDevice(id)}>
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
