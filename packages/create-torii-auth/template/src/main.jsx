import { createRoot } from 'react-dom/client'
import { SessionProvider } from 'torii-auth/react'
import { App } from './app.jsx'

createRoot(document.getElementById('root')).render(
  <SessionProvider>
    <App />
  </SessionProvider>,
)
