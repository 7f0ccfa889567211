import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type {
  AuthRequestMessage,
  BatchedCallMessage,
  OperationMessage,
  StatementMessage,
  TracedChannel,
  TracedMessage,
} from 'torii-core'
import { diagnosticsChannels } from 'torii-core'
import type { Stop } from './subscriptions.js'
import { listen } from './subscriptions.js'

/** How a message becomes a span. */
interface SpanForm<Message extends TracedMessage> {
  start(message: Message): { name: string; options: SpanOptions; parent?: Context }
  /** Adds what is known at the end; an error is added in any case. */
  end?(message: Message, span: Span): void
}

/** Starts a span for every operation, request and statement. `tracer` is asked for each of them. */
export function recordSpans(tracer: () => Tracer): Stop[] {
  const contexts = new WeakMap<BatchedCallMessage, Context>()
  const { storageBatchedCall, storageOperation, storageStatement, authOperation, authRequest } =
    diagnosticsChannels
  return [
    listen(storageBatchedCall, (call) => contexts.set(call, context.active())),
    ...spansOf(tracer, authRequest, requestForm),
    ...spansOf(tracer, authOperation, operationForm('torii.auth')),
    ...spansOf(tracer, storageOperation, operationForm('torii.storage')),
    ...spansOf(tracer, storageStatement, statementForm(contexts)),
  ]
}

function spansOf<Message extends TracedMessage>(
  tracer: () => Tracer,
  channel: TracedChannel<Message>,
  form: SpanForm<Message>,
): Stop[] {
  const spans = new WeakMap<Message, Span>()
  const start = (message: Message) => {
    const { name, options, parent = context.active() } = form.start(message)
    const span = tracer().startSpan(name, options, parent)
    spans.set(message, span)
    const { within = (work) => work() } = message
    message.within = (work) => within(() => context.with(trace.setSpan(parent, span), work))
  }
  const end = (message: Message) => {
    const span = spans.get(message)
    if (span === undefined) return
    form.end?.(message, span)
    if (message.errorCode !== undefined) fail(span, message.errorCode)
    span.end()
  }
  return [listen(channel.start, start), listen(channel.asyncEnd, end)]
}

/** No message of the error: it could repeat what a hook, a mailer or a provider said. */
function fail(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** The server's own instrumentation has the span of kind SERVER; this one is inside of it. */
const requestForm: SpanForm<AuthRequestMessage> = {
  start: ({ method, route }) => ({
    name: route === null ? method : `${method} ${route}`,
    options: {
      attributes: {
        'http.request.method': method,
        ...(route === null ? {} : { 'http.route': route }),
      },
    },
  }),
  end({ status }, span) {
    if (status === undefined) return
    span.setAttribute('http.response.status_code', status)
    if (status >= 500) fail(span, String(status))
  },
}

/** An error result is no error of the span: a wrong password is what a sign-in form is for. */
const operationForm = (prefix: string): SpanForm<OperationMessage> => ({
  start: ({ operation }) => ({
    name: `${prefix}.${operation}`,
    options: { attributes: { 'torii.operation': operation } },
  }),
  end({ reason }, span) {
    if (reason !== undefined) span.setAttribute('torii.reason', reason)
  },
})

const statementForm = (
  contexts: WeakMap<BatchedCallMessage, Context>,
): SpanForm<StatementMessage> => ({
  start(message) {
    const { calls } = message
    const attributes = statementAttributes(message)
    const options = { kind: SpanKind.CLIENT, attributes }
    const name = attributes['db.query.summary']
    const [only] = calls
    if (only === undefined) return { name, options }
    // It may be sent in the turn of another caller.
    if (calls.length === 1) return { name, options, parent: contexts.get(only) ?? ROOT_CONTEXT }
    // A batch has no parent, since it would be one caller's of several; a link leads to each.
    const links = calls.flatMap((call) => {
      const caller = trace.getSpanContext(contexts.get(call) ?? ROOT_CONTEXT)
      return caller === undefined ? [] : [{ context: caller }]
    })
    return { name, options: { ...options, links }, parent: ROOT_CONTEXT }
  },
  end({ sqlState }, span) {
    if (sqlState !== undefined) span.setAttribute('db.response.status_code', sqlState)
  },
})

/** @see https://opentelemetry.io/docs/specs/semconv/db/database-spans/ */
export function statementAttributes({ statement, calls }: StatementMessage) {
  const [first] = calls
  const isBatch = first !== undefined && calls.length > 1
  const name = isBatch ? `BATCH ${first.statement}` : statement
  return {
    'db.system.name': 'postgresql',
    'db.operation.name': name,
    'db.query.summary': name,
    ...(isBatch ? { 'db.operation.batch.size': calls.length } : {}),
  }
}
