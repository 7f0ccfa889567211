/**
 * The epoch in which every link, token, challenge and OAuth state is made. Revoking everything adds 1, which ends those
 * that carry a lower one, whether their rows are still there or not.
 */
export const globalEpoch = (schema: string) =>
  `(select g.epoch from ${schema}.global_epoch g where g.only_row)`
