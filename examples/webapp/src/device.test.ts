import assert from 'node:assert/strict'
import { test } from 'vitest'
import { describeDevice } from './device.js'

const agents: readonly (readonly [userAgent: string | null, name: string, kind: string])[] = [
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    'Chrome on Linux',
    'computer',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0',
    'Edge on Windows',
    'computer',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1',
    'Safari on iPhone',
    'phone',
  ],
  [
    'Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0',
    'Firefox on Android',
    'phone',
  ],
  ['curl/8.5.0', 'curl', 'program'],
  [
    'some program of somebody, with a long name of its own',
    'some program of somebody, with a long na',
    'program',
  ],
  [null, 'Unknown device', 'program'],
]

test('a device is called what a person calls it', () => {
  for (const [userAgent, name, kind] of agents)
    assert.deepEqual(describeDevice(userAgent), { name, kind })
})
