import { getSession } from 'torii-auth/next'
import { openAuth } from '../auth'
import { AccountButton } from './account-button'

export default async function Page() {
  const signedIn = await getSession(openAuth)
  return (
    <>
      <p>{signedIn === null ? 'No user is signed in.' : `Signed in as ${signedIn.user.email}.`}</p>
      <AccountButton />
    </>
  )
}
