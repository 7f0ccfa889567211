/**
 * Imported first by a program that `fork` starts: it ends with the process that has started it, also where that was killed.
 * Nothing else would end it: its connections to the database, and its timers, outlive the channel to its parent.
 */
const exit = () => process.exit(1)

if (process.send === undefined || process.connected) process.on('disconnect', exit)
else exit()

/** Closes the channel to the parent in order. The process ends when nothing of it is left open. */
export function leaveParent() {
  process.off('disconnect', exit)
  process.disconnect()
}
