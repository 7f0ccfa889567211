import type { TokenHash } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { secondsFromNow } from '../../sql/time.js'

// What magic links and verification tokens have in common.

/** The first half of the hash: so a lookup goes by primary key, and the token needs no third part. */
export const linkId = parameter('linkId', 'uuid')<string>()
/** Null: nothing remembers which form used the link. */
export const usedBy = nullable('usedBy', 'bytea')<TokenHash>()
/** Whether a new link takes the place of the oldest live one if there are four. */
export const replacesOldest = parameter('replacesOldest', 'boolean')<boolean>()

/** For as long a used link shows the form that used it the same success. */
const usedSeconds = '60'

/** The expiry of a link that this statement uses. */
export const usedUntil = secondsFromNow(`${usedSeconds}::float8`)

interface Slots<Owned extends SqlPart, Id extends SqlPart, Dead extends SqlPart> {
  /** The qualified table. */
  readonly table: string
  /** True for a row `t` of the owner. */
  readonly owned: Owned
  /** The id of the new row. A statement that is sent again finds its own row and takes its slot. */
  readonly id: Id
  /** True for a row `t` that can no longer be used, so that a new row can replace it. */
  readonly dead: Dead
}

/**
 * The first free slot of an owner, or else the slot of the oldest row. The unique index on the slots decides: a live row
 * in the slot, which may have come after this statement's snapshot, is locked and stays.
 */
export const freeSlot = <
  const Owned extends SqlPart,
  const Id extends SqlPart,
  const Dead extends SqlPart,
>({
  table,
  owned,
  id,
  dead,
}: Slots<Owned, Id, Dead>) => sql`(
          select free::smallint from pg_catalog.generate_series(1, 4) as free
          left join ${table} t on t.slot = free and ${owned}
          order by coalesce(t.id = ${id}, false) desc, (t.slot is null or coalesce(${dead}, false)) desc,
            t.created_at, free limit 1
        )`
