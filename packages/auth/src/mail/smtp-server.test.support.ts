import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { ParsedMail } from 'mailparser'
import { simpleParser } from 'mailparser'
import type { SMTPServerOptions } from 'smtp-server'
import { SMTPServer } from 'smtp-server'
import { afterAll } from 'vitest'

/** A message as a real server received it. */
export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly secure: boolean
  readonly user: string | undefined
  /** What was sent, byte for byte. */
  readonly source: string
  readonly mail: ParsedMail
}

export interface TestSmtpServer {
  readonly port: number
  readonly url: string
  readonly received: ReceivedMail[]
  /** Connections so far. */
  connections: number
}

/** A reply that is not 250. */
export const reply = (responseCode: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode })

/** A real SMTP server on loopback, closed when the calling test file has ended. */
export async function startSmtpServer(options: SMTPServerOptions = {}): Promise<TestSmtpServer> {
  const received: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    logger: false,
    onConnect(_session, done) {
      started.connections += 1
      done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const { mailFrom, rcptTo } = session.envelope
        const source = Buffer.concat(chunks)
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure === true,
          user: session.user === undefined ? undefined : String(session.user),
          source: source.toString('latin1'),
          mail: await simpleParser(source),
        })
        done()
      })
    },
    ...options,
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  // A client that gives up ends its connection with an error of its own.
  server.on('error', () => undefined)
  afterAll(() => new Promise<void>((closed) => server.close(() => closed())))
  const { port } = server.server.address() as AddressInfo // it listens on TCP
  const started: TestSmtpServer = {
    port,
    url: `smtp://127.0.0.1:${port}`,
    received,
    connections: 0,
  }
  return started
}
