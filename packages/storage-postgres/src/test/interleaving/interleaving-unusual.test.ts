import { describeInterleaving } from './interleaving-pairs.test.support.js'

describeInterleaving('of any other kind', (kind) => kind !== 'usual', 900)
