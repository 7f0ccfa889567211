import type { MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'
import { metrics, trace } from '@opentelemetry/api'
import { recordMetrics } from './metrics.js'
import { recordSpans } from './spans.js'
import type { Stop } from './subscriptions.js'

/** The configuration of {@link ToriiInstrumentation}. */
export interface ToriiInstrumentationConfig {
  /** Whether it records from the start (default: true). */
  enabled?: boolean
}

/**
 * Records what Torii and its storage do as spans and metrics of OpenTelemetry: operations, statements by name, the pool,
 * batches, rate limits and mail. Attributes are names, numbers and codes; no token, hash, email address or IP address is
 * among them.
 *
 * It has the shape of an instrumentation of `@opentelemetry/instrumentation`, so `NodeSDK` and `registerInstrumentations`
 * take it. Without them it records to the global providers. Create one per process.
 *
 * ```ts
 * new NodeSDK({ instrumentations: [new ToriiInstrumentation()] }).start()
 * ```
 */
export class ToriiInstrumentation {
  readonly instrumentationName = 'torii-auth'
  readonly instrumentationVersion = instrumentationVersion
  #tracer: Tracer
  #meterProvider: MeterProvider
  #config: ToriiInstrumentationConfig
  #spans: Stop[] = []
  #metrics: Stop[] = []
  #isEnabled = false

  constructor(config: ToriiInstrumentationConfig = {}) {
    this.#config = { enabled: true, ...config }
    // The global provider may be set later: this tracer finds it then. A meter does not.
    this.#tracer = trace.getTracer(this.instrumentationName, this.instrumentationVersion)
    this.#meterProvider = metrics.getMeterProvider()
    if (this.#config.enabled) this.enable()
  }

  /** Starts to record. */
  enable(): void {
    if (this.#isEnabled) return
    this.#isEnabled = true
    this.#spans = recordSpans(() => this.#tracer)
    this.#recordMetrics()
  }

  /** Stops to record: then Torii publishes nothing. */
  disable(): void {
    for (const stop of [...this.#spans.splice(0), ...this.#metrics.splice(0)]) stop()
    this.#isEnabled = false
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer = provider.getTracer(this.instrumentationName, this.instrumentationVersion)
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meterProvider = provider
    if (!this.#isEnabled) return
    for (const stop of this.#metrics.splice(0)) stop()
    this.#recordMetrics()
  }

  setConfig(config: ToriiInstrumentationConfig): void {
    this.#config = config
  }

  getConfig(): ToriiInstrumentationConfig {
    return this.#config
  }

  #recordMetrics(): void {
    this.#metrics = recordMetrics(
      this.#meterProvider.getMeter(this.instrumentationName, this.instrumentationVersion),
    )
  }
}

/** The version of this package; a test compares it with package.json. */
const instrumentationVersion = '0.1.0'
