import type { ToriiLocals } from 'torii-auth/sveltekit'

declare global {
  namespace App {
    interface Locals extends ToriiLocals {}
  }
}
