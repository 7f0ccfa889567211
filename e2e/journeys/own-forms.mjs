/** The sign-in forms of samples/servers. `npm run samples` walks those of Next.js and SvelteKit in the same way. */
import { journey } from '../harness/journey.mjs'
import { walkOwnForm } from '../harness/own-form.mjs'
import { newEmail } from '../harness/world.mjs'

for (const name of ['express', 'fastify', 'hono'])
  journey(`own form of ${name}: a user signs up, out and in`, async ({ visitor, serverSample }) => {
    const sample = await serverSample(name)
    const ada = await visitor(sample.newVisitor)
    await walkOwnForm(ada, { email: newEmail(), name, refused: { signUp: 422, signIn: 401 } })
  })
