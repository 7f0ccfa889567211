import { ToriiError } from 'torii-core'
import { classifyStatementError, sqlStateOf, withoutValues } from '../driver/error-classes.js'
import { toToriiError } from '../driver/storage-errors.js'
import type { Migration } from './migration.js'

/** How a step is called in messages. */
export const nameOf = ({ id, name }: Pick<Migration, 'id' | 'name'>): string =>
  `migration ${id} (${name})`

/** Why a step was not applied, and what to do about it. */
export function toStepError(
  error: unknown,
  migration: Migration,
  lockTimeoutSeconds: number,
): ToriiError {
  if (error instanceof ToriiError) return error
  const state = sqlStateOf(error)
  const options = { cause: withoutValues(error) }
  const step = nameOf(migration)
  if (state === '55P03')
    return new ToriiError(
      'ERR_MIGRATION_FAILED',
      `${step} waited ${lockTimeoutSeconds} s for a lock that another transaction holds and gave up, so that other transactions do not queue behind it; ${whatIsLeft(migration)}. End that transaction, or run the migration again at a quieter time`,
      options,
    )
  if (state === '42501')
    return new ToriiError(
      'ERR_PERMISSION',
      `${step} is pending and this database role may not change the schema: run "npx torii-storage-postgres migrate --grant-to ROLE" as the schema's owner, where ROLE is the role that runs the application`,
      options,
    )
  const failure = classifyStatementError(error)
  if (failure !== 'other') return toToriiError(error, failure, step)
  return new ToriiError(
    'ERR_MIGRATION_FAILED',
    `${step} failed (${state ?? 'no code'}); ${whatIsLeft(migration)}. See the cause`,
    options,
  )
}

const whatIsLeft = ({ transactional }: Migration): string =>
  transactional ? 'nothing was changed' : 'it goes on from where it stopped when run again'
