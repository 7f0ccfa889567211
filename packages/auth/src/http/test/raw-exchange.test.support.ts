import { once } from 'node:events'
import { connect } from 'node:net'

/** A request as the bytes that go over the wire, however wrong. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /**
   * Sent to its end (it then says `Connection: close`), or promising more than is sent before the client closes
   * its side, or the number of bytes after which the client is gone without a word.
   */
  readonly ending: 'whole' | 'short' | number
}

/** What came back before the connection ended. */
export interface RawAnswer {
  /** One per answer: bytes that are left over are read as another request. */
  readonly statuses: readonly number[]
  /** Of the first answer, by lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

/** The bytes of a request; header values are written as Latin-1, as HTTP/1.1 has them. */
function bytesOf({ method, target, headers, body }: RawRequest): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

const patienceMs = 10_000

/** Sends the bytes and reads until the connection ends. */
export async function exchange(port: number, request: RawRequest): Promise<RawAnswer> {
  const bytes = bytesOf(request)
  const socket = connect({ port, host: '127.0.0.1' })
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk))
  // The server may reset a connection that sends nonsense: that is an answer too.
  socket.on('error', () => undefined)
  socket.setTimeout(patienceMs, () => received.push(Buffer.from('HTTP/1.1 598 silent')))
  socket.on('timeout', () => socket.destroy())
  const closed = once(socket, 'close')
  if (request.ending === 'whole') socket.write(bytes)
  else if (request.ending === 'short') socket.end(bytes)
  else socket.write(bytes.subarray(0, request.ending), () => socket.destroy())
  await closed
  return read(Buffer.concat(received).toString('latin1'))
}

function read(text: string): RawAnswer {
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const headers = new Map(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
      }),
  )
  const length = Number(headers.get('content-length') ?? 0)
  return { statuses, headers, text: rest.join('\r\n\r\n').slice(0, length) }
}
