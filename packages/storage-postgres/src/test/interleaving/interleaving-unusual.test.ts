import { describeInterleaving } from './interleaving-pairs.test.support.js'

describeInterleaving(
  'of any other kind',
  (kind) => !['usual', 'with a second factor'].includes(kind),
  900,
)
