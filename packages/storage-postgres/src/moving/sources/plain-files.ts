import { readSource } from '../source-record.js'
import { fileSource } from './file-source.js'

/** One JSON object a line, in the form that `export` prints. */
export const jsonl = fileSource({
  name: 'jsonl',
  help: 'import the accounts of a jsonl file',
  open: async ({ from }) => ({ saysVerified: true, read: () => readSource('jsonl', from, []) }),
})

/** Comma-separated values. They say nothing about addresses but in a column that is named. */
export const csv = fileSource({
  name: 'csv',
  help: 'import the accounts of a csv file',
  open: async ({ from, verification }) => ({
    saysVerified: verification !== null,
    read: () => readSource('csv', from, verification === null ? [] : [verification]),
  }),
})
