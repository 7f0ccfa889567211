import { describeInterleaving } from './interleaving-pairs.test.support.js'

describeInterleaving('with a second factor', (kind) => kind === 'with a second factor', 500)
