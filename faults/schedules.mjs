/**
 * Every schedule, in the order of a run. A schedule has a `name`, the `fault` in words, the seconds of its load and the least
 * number of faults for a `small` run and for a `soak`, and `run(world)`. Optional: `isQuiet` (it mostly waits, so all of them
 * run at the same time), `settings` (it needs a server of its own), `cannotRun()` (null, or why it is skipped here).
 */
import { killEmbedded } from './schedules/embedded.mjs'
import { killPostmaster, killWorkers, stopBackends, terminateBackends } from './schedules/kills.mjs'
import { lateBackend, lateDelivery } from './schedules/late.mjs'
import { migrationUnderLoad } from './schedules/migration.mjs'
import { cutConnections, lostPackets, silentNetwork, slowNetwork } from './schedules/network.mjs'
import { cutBehindPooler, fullDisk, promoteStandby, restartPooler } from './schedules/servers.mjs'
import { longLocks, serializable, shortTimeouts, starvedReads } from './schedules/settings.mjs'
import { connectionStorm, validationStorm } from './schedules/storms.mjs'

export const schedules = [
  lateDelivery,
  lateBackend,
  silentNetwork,
  starvedReads,
  cutBehindPooler,
  terminateBackends,
  stopBackends,
  killPostmaster,
  killWorkers,
  cutConnections,
  slowNetwork,
  lostPackets,
  restartPooler,
  promoteStandby,
  connectionStorm,
  serializable,
  shortTimeouts,
  fullDisk,
  longLocks,
  validationStorm,
  migrationUnderLoad,
  killEmbedded,
]
