import { auth0 } from './auth0.js'
import { authjs } from './authjs.js'
import { betterAuth } from './better-auth.js'
import { clerk } from './clerk.js'
import { firebase } from './firebase.js'
import { lucia } from './lucia.js'
import { csv, jsonl } from './plain-files.js'
import type { Source } from './source.js'
import { supabase } from './supabase.js'
import { toriiRs } from './torii-rs.js'

/** Every system that accounts come from, in the order of the usage text. */
export const sources: readonly Source[] = [
  betterAuth,
  authjs,
  lucia,
  supabase,
  toriiRs,
  clerk,
  auth0,
  firebase,
  jsonl,
  csv,
]
