import type { ReactNode } from 'react'
import { initialSession } from 'torii-auth/next'
import { SessionProvider } from 'torii-auth/react'
import { openAuth } from '../auth'

export const metadata = { title: 'Torii in Next.js', icons: 'data:,' }

export default async function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <SessionProvider initial={await initialSession(openAuth)}>{children}</SessionProvider>
      </body>
    </html>
  )
}
