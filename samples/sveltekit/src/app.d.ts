import type { ValidSession } from 'torii-core'

declare global {
  namespace App {
    interface Locals {
      signedIn: ValidSession | null
    }
  }
}
