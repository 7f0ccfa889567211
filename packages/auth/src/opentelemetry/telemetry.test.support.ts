import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { ToriiInstrumentation } from './opentelemetry.js'

/** A value of a metric, with its attributes. */
export interface Point {
  readonly metric: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly value: unknown
}

/** The SDK with exporters in memory, and everything that Torii publishes. */
export interface Telemetry {
  readonly instrumentation: ToriiInstrumentation
  /** The finished spans since the last call. */
  takeSpans(): ReadableSpan[]
  /** The points of every metric. */
  points(): Promise<Point[]>
  /** Runs `work` in a span of the application, and returns the context of that span. */
  inSpan(
    name: string,
    work: () => Promise<unknown>,
  ): Promise<ReturnType<ReadableSpan['spanContext']>>
  /** Every message since the last call, as a logger would write it. */
  takeMessages(): string[]
  close(): Promise<void>
}

const traced = ['storage.operation', 'storage.statement', 'storage.connection']
  .concat('auth.operation', 'auth.request')
  .flatMap((name) =>
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map(
      (event) => `tracing:torii.${name}:${event}`,
    ),
  )
const channels = [
  ...traced,
  'torii.storage.batched_call',
  'torii.auth.rate_limited',
  'torii.auth.mail',
]

/** Starts the SDK for the calling file. */
export function openTelemetry(): Telemetry {
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spans)],
  })
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  assert.ok(context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
  const instrumentation = new ToriiInstrumentation()
  const unregister = registerInstrumentations({
    instrumentations: [instrumentation],
    tracerProvider,
    meterProvider,
  })
  const messages: string[] = []
  const note = (message: unknown, name: string | symbol) =>
    messages.push(
      `${String(name)} ${inspect(message, { depth: null, showHidden: true, getters: true })}`,
    )
  for (const name of channels) subscribe(name, note)
  const application = tracerProvider.getTracer('application')
  return {
    instrumentation,
    takeSpans() {
      const finished = spans.getFinishedSpans()
      spans.reset()
      return finished
    },
    async points() {
      exporter.reset()
      await reader.forceFlush()
      return exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap(({ metrics }) => metrics)
        .flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ attributes, value }) => ({
            metric: descriptor.name,
            attributes,
            value,
          })),
        )
    },
    async inSpan(name, work) {
      const span = application.startSpan(name, {}, ROOT_CONTEXT)
      await context.with(trace.setSpan(ROOT_CONTEXT, span), work)
      span.end()
      return span.spanContext()
    },
    takeMessages: () => messages.splice(0),
    async close() {
      for (const name of channels) unsubscribe(name, note)
      unregister()
      context.disable()
      await meterProvider.shutdown()
      await tracerProvider.shutdown()
    },
  }
}

/** Everything of spans that an exporter can send. */
export const writtenOf = (spans: readonly ReadableSpan[]): string[] =>
  spans.map(({ name, attributes, events, links, status }) =>
    inspect({ name, attributes, events, links, status }, { depth: null }),
  )
