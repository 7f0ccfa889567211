// For editors and `npx vitest`, after `npm run build`; `npm test` runs the compiled tests (testing/src/run.ts).
import { defineConfig } from 'vitest/config'
import { compiledSubjects, sourceTestOptions } from './testing/dist/vitest-options.js'

export default defineConfig({ plugins: [compiledSubjects], test: sourceTestOptions })
