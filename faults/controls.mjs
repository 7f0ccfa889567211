/**
 * Negative controls: with a protection switched off the checker must report the violation, with the same seed. A protection of
 * the product is switched off by replacing compiled text in a copy (`patches`, see product.mjs), one of the server by its
 * `settings`; `weights` makes the load meet the fault. `expects` is the kind of violation.
 *
 * A pending schedule is its own control: the protection is not there yet. When it lands, its control comes here.
 */
import { killEmbedded } from './schedules/embedded.mjs'
import { killPostmaster, killWorkers, stopBackends, terminateBackends } from './schedules/kills.mjs'
import { lateBackend, lateDelivery } from './schedules/late.mjs'
import { migrationUnderLoad } from './schedules/migration.mjs'
import { cutConnections, lostPackets, silentNetwork, slowNetwork } from './schedules/network.mjs'
import { cutBehindPooler, fullDisk, promoteStandby, restartPooler } from './schedules/servers.mjs'
import { longLocks, serializable, shortTimeouts, starvedReads } from './schedules/settings.mjs'
import { connectionStorm, validationStorm } from './schedules/storms.mjs'

const noTransactions = [
  {
    from: 'begin isolation level read committed; set local',
    to: 'set',
  },
]
const onlyTransactions = { transaction: 1 }

/** A call whose reply is lost says that nothing was done. */
const lostReplyIsFailure = [
  {
    from: "    if (state === null)\n        return 'ambiguous';",
    to: "    if (state === null)\n        return 'ended';",
  },
]
/** The same, and replies are given up soon, without asking the server to cancel. */
const slowReplyIsFailure = [
  ...lostReplyIsFailure,
  { from: 'within(answer, milliseconds - graceMs,', to: 'within(answer, 300,' },
  { from: 'requestCancel(client);', to: '' },
]
const writesNeverEnd = [{ from: '> $${place}::float8)`', to: '> $${place}::float8 + 1000000)`' }]
const unknownCode = (code, known) => [{ from: `'${code}': '${known}'`, to: `'${code}': 'other'` }]

const halfDone = 'half done'
const wronglyFailed = 'effect of a call that said nothing was done'
const lost = 'acknowledged effect lost'
const unexpected = 'unexpected error'

export const controls = [
  {
    schedule: terminateBackends,
    protection: 'transactions',
    patches: noTransactions,
    weights: onlyTransactions,
    expects: halfDone,
  },
  {
    schedule: killWorkers,
    protection: 'transactions',
    patches: noTransactions,
    weights: onlyTransactions,
    expects: halfDone,
  },
  {
    schedule: stopBackends,
    protection: 'unknown outcomes of replies that come too late',
    patches: slowReplyIsFailure,
    expects: wronglyFailed,
  },
  {
    schedule: killPostmaster,
    protection: 'synchronous_commit',
    settings: { synchronous_commit: 'off', wal_writer_delay: '10s' },
    expects: lost,
  },
  {
    schedule: cutConnections,
    protection: 'unknown outcomes of lost replies',
    patches: lostReplyIsFailure,
    expects: wronglyFailed,
  },
  {
    schedule: slowNetwork,
    protection: 'unknown outcomes of lost replies',
    patches: lostReplyIsFailure,
    expects: wronglyFailed,
  },
  {
    schedule: lostPackets,
    protection: 'unknown outcomes of replies that come too late',
    patches: slowReplyIsFailure,
    expects: wronglyFailed,
  },
  {
    schedule: restartPooler,
    protection: 'unknown outcomes of lost replies',
    patches: lostReplyIsFailure,
    expects: wronglyFailed,
  },
  {
    schedule: cutBehindPooler,
    protection: 'the class of what a pooler says of a statement',
    patches: [
      {
        from: "state.startsWith('08') ? 'ambiguous' : 'other'",
        to: "state.startsWith('08') ? 'pooler' : 'other'",
      },
    ],
    expects: unexpected,
  },
  {
    schedule: promoteStandby,
    protection: 'the look for the primary',
    patches: [
      { from: 'if (row === undefined || row.standby)', to: 'if (row === undefined)' },
      { from: 'if (check.several && row.read_only)', to: 'if (false)' },
      ...unknownCode('25006', 'not-committed'),
    ],
    expects: unexpected,
  },
  {
    schedule: connectionStorm,
    protection: 'the wait for a server that refuses connections, and the class of its refusal',
    patches: [
      {
        from: "return failure === 'login' || failure === 'pooler' || failure === 'permission';",
        to: 'return failure !== null;',
      },
      {
        from: "known === 'pooler' || known === 'permission' ? known : 'not-sent'",
        to: "known === 'pooler' || known === 'permission' ? known : 'other'",
      },
    ],
    expects: unexpected,
  },
  {
    schedule: serializable,
    protection: 'repetition after a serialization failure',
    patches: unknownCode('40001', 'not-committed'),
    expects: unexpected,
  },
  {
    schedule: shortTimeouts,
    protection: 'the class of an ended statement',
    patches: unknownCode('57014', 'ended'),
    expects: unexpected,
  },
  {
    schedule: fullDisk,
    protection: 'the class of a full disk',
    patches: unknownCode('53100', 'ended'),
    expects: unexpected,
  },
  {
    schedule: longLocks,
    protection: 'the class of a lock timeout',
    patches: [
      { from: 'Math.round(attemptMs * 0.8)', to: '300' },
      ...unknownCode('55P03', 'not-committed'),
    ],
    expects: unexpected,
  },
  {
    schedule: validationStorm,
    protection: 'the place of each call in a batch',
    patches: [
      { from: 'each[place - 1] = [...own, row]', to: 'each[each.length - place] = [...own, row]' },
    ],
    expects: 'revoked session is alive',
  },
  {
    schedule: migrationUnderLoad,
    protection: 'the lock among deployers',
    patches: [{ from: 'return rows[0].taken;', to: 'return true;' }],
    expects: 'migration failed',
  },
  {
    schedule: lateDelivery,
    protection: 'write deadlines',
    patches: writesNeverEnd,
    expects: 'revoked session is alive',
  },
  {
    schedule: lateBackend,
    protection: 'write deadlines',
    patches: writesNeverEnd,
    expects: 'revoked session is alive',
  },
  {
    schedule: silentNetwork,
    protection: 'the deadline of a call',
    patches: [
      { from: 'const attemptMs = callMs / 2;', to: 'const attemptMs = 60_000;' },
      {
        from: 'const milliseconds = Math.min(attemptMs, timeLeft(deadline));\n        if',
        to: 'const milliseconds = attemptMs;\n        if',
      },
    ],
    expects: 'late call',
  },
  {
    schedule: starvedReads,
    protection: 'the connections reserved for reads',
    patches: [{ from: 'size - Math.min(reservedForReads, Math.floor(size / 2))', to: 'size' }],
    expects: 'late call',
  },
  {
    schedule: killEmbedded,
    protection: 'synchronous_commit',
    patches: [
      {
        from: "PGlite.defaultStartParams.filter((parameter) => parameter !== '-F')",
        to: "[...PGlite.defaultStartParams, '-c', 'synchronous_commit=off']",
      },
    ],
    expects: lost,
  },
]
