import { describeInterleaving } from './interleaving-pairs.test.support.js'

describeInterleaving('of the usual kind', (kind) => kind === 'usual', 1100)
