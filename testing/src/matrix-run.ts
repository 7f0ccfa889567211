/** Whether this is one of the runs of `npm run test:matrix`, in which more variants run the conformance suite whole. */
export const isMatrixRun = (): boolean => process.env.TORII_TEST_MATRIX === '1'
