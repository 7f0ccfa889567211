import { headers } from 'next/headers'
import { openAuth } from '../auth'

export default async function Page() {
  const auth = await openAuth()
  const signedIn = await auth.getSession({ method: 'GET', headers: await headers() })
  return (
    <p>{signedIn === null ? 'Nobody is signed in.' : `Signed in as ${signedIn.user.email}.`}</p>
  )
}
