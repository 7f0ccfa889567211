import type { ValidSession } from 'torii-auth'

declare global {
  namespace App {
    interface Locals {
      signedIn: ValidSession | null
    }
  }
}
