import { describeInterleaving } from './interleaving-pairs.test.support.js'

describeInterleaving(
  'who must enroll a second factor',
  (kind) => kind === 'who must enroll a second factor',
  200,
)
