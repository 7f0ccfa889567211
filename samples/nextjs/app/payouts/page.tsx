import { requireSession } from 'torii-auth/next'
import { openAuth } from '../../auth'

export default async function Page() {
  await requireSession(openAuth, { redirectTo: '/account', level: 2 })
  return <p>Only those who proved two factors see this.</p>
}
