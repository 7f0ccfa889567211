/** Guards of what leaves the process as telemetry, each weakened alone; as in storage.mjs. */
const guard = (file, weakens, from, to, ...tests) => ({
  file: `packages/${file}.ts`,
  weakens,
  from,
  to,
  tests: tests.map((word) => `packages/${word}`),
})

const spans = 'auth/src/opentelemetry/opentelemetry.test'
const secrets = 'auth/src/opentelemetry/no-secrets'
const core = 'core/src/diagnostics'

export const telemetryMutations = [
  guard(
    'core/src/diagnostics',
    'the result of a call is published, with its token',
    '    ending.result?.(message, result)\n',
    '    Object.assign(message, { result })\n',
    core,
    secrets,
  ),
  guard(
    'core/src/diagnostics',
    'the error of a call is published, with what a hook said',
    '    message.errorCode = errorCodeOf(error)',
    '    message.errorCode = String(error)',
    core,
    secrets,
  ),
  guard(
    'core/src/diagnostics',
    'a reason is published whatever it holds',
    ' && reasonForm.test(reason)',
    '',
    core,
  ),
  guard(
    'core/src/diagnostics',
    'messages are made although no one listens',
    'return to.hasSubscribers ? publishWork(to, messageOf(), work, ending) : work()',
    'return publishWork(to, messageOf(), work, ending)',
    core,
  ),
  guard(
    'core/src/diagnostics',
    'work runs outside of the context of its span',
    'message.within === undefined ? work() : message.within(work)',
    'work()',
    core,
    spans,
  ),
  guard(
    'auth/src/http/handler',
    'the path of a request is published, with its ids',
    '  route: match.ok ? `${basePath}/${match.route.path}` : null,',
    '  route: match.ok ? `${basePath}/${match.route.path.replace(/:.*/, match.param)}` : null,',
    spans,
    secrets,
  ),
  guard(
    'auth/src/http/handler',
    'any method that a client sends is published',
    "knownMethods.includes(method) ? method : '_OTHER'",
    'method',
    spans,
  ),
  guard(
    'auth/src/opentelemetry/spans',
    'a batch is a child of one of its callers',
    '{ ...options, links }, parent: ROOT_CONTEXT }',
    '{ ...options, links } }',
    spans,
  ),
  guard(
    'auth/src/opentelemetry/spans',
    'a call that waited is a child of the caller in whose turn it is sent',
    'parent: contexts.get(only) ?? ROOT_CONTEXT',
    'parent: context.active()',
    spans,
  ),
  guard(
    'auth/src/opentelemetry/subscriptions',
    'a sampler that throws ends the process',
    "diag.error('torii-auth: recording failed', error)",
    'throw error',
    spans,
  ),
  guard(
    'storage-postgres/src/driver/batching/batching-driver',
    'a batch does not say whom it answers',
    'driver.run(statement, arrays, deadline, messagesOf(calls))',
    'driver.run(statement, arrays, deadline)',
    spans,
  ),
  guard(
    'storage-postgres/src/driver/pg-pool',
    'writes that wait for their share of the pool are not counted',
    'inPool + own.waiting()',
    'inPool',
    spans,
  ),
]
