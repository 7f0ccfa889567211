/** Whether a storage has its pool back after a fault. */
import { setTimeout as sleep } from 'node:timers/promises'

const limitMs = 15_000
/** Until one look ends without a result. */
const lookMs = 2000
/** The default of torii-storage-postgres. */
const usualConnections = 10

/** Seconds until all connections of the pool were in use at the same time; null for never. */
export async function secondsUntilFull(storage, connections = usualConnections) {
  const started = performance.now()
  const passed = () => performance.now() - started
  while (passed() < limitMs) if (await useAll(storage, connections)) return passed() / 1000
  return null
}

/** Whether so many transactions were open at the same time. */
async function useAll(storage, connections) {
  let open = 0
  let allOpen
  const barrier = new Promise((resolve) => {
    allOpen = resolve
  })
  const tooLate = sleep(lookMs)
  const transactions = Array.from({ length: connections }, () =>
    storage.transaction(async (tx) => {
      await tx.query('select 1')
      open += 1
      if (open === connections) allOpen()
      await Promise.race([barrier, tooLate])
    }),
  )
  const ended = await Promise.allSettled(transactions)
  if (ended.some(({ status }) => status === 'rejected')) await sleep(50)
  return open === connections && ended.every(({ status }) => status === 'fulfilled')
}
