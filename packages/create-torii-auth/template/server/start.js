import { existsSync } from 'node:fs'
import express from 'express'
import { serve } from './serve.js'

if (!existsSync('dist/index.html')) throw new Error('dist is missing: run "npm run build" first')
await serve((app) => {
  app.use(express.static('dist'))
})
