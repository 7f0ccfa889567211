import { argon2 } from './argon2.js'
import { bcrypt } from './bcrypt.js'
import { betterAuth } from './better-auth.js'
import { django } from './django.js'
import { firebase } from './firebase.js'
import type { ForeignHash, HashFormat } from './format.js'
import { pbkdf2Phc } from './pbkdf2.js'

/** The forms of other systems that sign in as they are. A weak one is none of them: it signs in only when wrapped. */
const formats: readonly HashFormat[] = [bcrypt, argon2, betterAuth, firebase, pbkdf2Phc, django]

/** Reads a stored hash of another system. Returns null for an unknown form, a weak one and an excessive cost. */
export function readForeignHash(text: string): ForeignHash | null {
  for (const format of formats) {
    const hash = format(text)
    if (hash !== null) return hash
  }
  return null
}
