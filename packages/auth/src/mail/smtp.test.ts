import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { compiledUrl } from 'torii-testing'
import { test } from 'vitest'
import { sampleMessage } from './samples.test.support.js'
import type { SmtpMailerOptions } from './smtp.js'
import { smtpMailer } from './smtp.js'
import { reply, startSmtpServer } from './smtp-server.test.support.js'

const from = 'Acme Books <no-reply@acme.example>'

test('a message arrives as it was written, with its headers and its own Message-ID', async () => {
  const server = await startSmtpServer()
  const message = await sampleMessage()
  await smtpMailer({ url: server.url, from }).send(message)
  const [received] = server.received
  assert.ok(received && server.received.length === 1)
  assert.deepEqual(received.to, ['ada@example.com'])
  assert.equal(received.from, 'no-reply@acme.example')
  const { mail } = received
  assert.equal(mail.subject, message.subject)
  assert.equal(mail.text, message.text)
  assert.equal(mail.html, message.html)
  assert.equal(mail.messageId, `<${message.id}@acme.example>`)
  assert.equal(mail.headers.get('x-torii-message'), 'magic_link')
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated')
  assert.deepEqual(mail.from?.value, [{ name: 'Acme Books', address: 'no-reply@acme.example' }])
})

test('letters of every script arrive: subject, text, sender, and a domain of its own script', async () => {
  const server = await startSmtpServer()
  const message = await sampleMessage({
    to: 'Ada+x@bücher.example',
    subject: 'Grüße 🌍 от нас',
    text: 'Ünïcödé 🌍\n.\n.. a dot alone ends nothing\n',
  })
  await smtpMailer({
    url: server.url,
    from: { name: 'Bücher "& Co"', address: 'a@b.example' },
  }).send(message)
  const [received] = server.received
  assert.ok(received)
  // The server shows the domain in its own script again; on the wire it was in letters that all servers know.
  assert.deepEqual(received.to, ['Ada+x@bücher.example'])
  assert.match(received.source, /^To: Ada\+x@xn--bcher-kva\.example\r$/m)
  assert.equal(received.mail.subject, message.subject)
  assert.equal(received.mail.text, message.text)
  assert.deepEqual(received.mail.from?.value, [{ name: 'Bücher "& Co"', address: 'a@b.example' }])
})

const injections = [
  'ada@example.com\r\nBcc: eve@example.net',
  'ada@example.com,eve@example.net',
  'ada@example.com, eve@example.net',
  '"eve@example.net"@example.com',
  'Ada <eve@example.net>',
  '<eve@example.net>',
  'ada@example.com ',
  'ada@example.com\0',
  'ada@example.com>\r\nRCPT TO:<eve@example.net',
  'ada@example.com;eve@example.net',
  'list:ada@example.com,eve@example.net;',
]

for (const to of injections)
  test(`T3.45 no second recipient: ${JSON.stringify(to)} never reaches the server`, async () => {
    const server = await startSmtpServer()
    const sending = smtpMailer({ url: server.url, from }).send(await sampleMessage({ to }))
    await assert.rejects(sending, InvalidInputError)
    assert.equal(server.connections, 0)
  })

test('T3.45 no second header line: in the subject, in a header, in a header name', async () => {
  const server = await startSmtpServer()
  const mailer = smtpMailer({ url: server.url, from })
  for (const changes of [
    { subject: 'Hi\r\nBcc: eve@example.net' },
    { subject: 'Hi\u2028Bcc: eve@example.net' },
    { headers: { 'X-A': 'b\nBcc: eve@example.net' } },
    { headers: { 'X-A: b\r\nBcc': 'eve@example.net' } },
    { id: 'x>\r\nBcc: eve@example.net' },
  ])
    await assert.rejects(mailer.send(await sampleMessage(changes)), InvalidInputError)
  assert.equal(server.connections, 0)
})

test('550 is final, 451 is not, and both carry the code', async () => {
  for (const [code, permanent] of [
    [550, true],
    [451, false],
  ] as const) {
    const server = await startSmtpServer({
      onRcptTo: (_address, _session, done) => done(reply(code, 'no')),
    })
    const sending = smtpMailer({ url: server.url, from }).send(await sampleMessage())
    await assert.rejects(sending, { responseCode: code, permanent })
    assert.equal(server.received.length, 0)
  }
})

test('a refusal after the whole message was sent is one too', async () => {
  const server = await startSmtpServer({
    onData(stream, _session, done) {
      stream.resume()
      stream.on('end', () => done(reply(554, 'looks like spam')))
    },
  })
  const sending = smtpMailer({ url: server.url, from }).send(await sampleMessage())
  await assert.rejects(sending, { responseCode: 554, permanent: true })
})

/** Takes connections and says what it is told to. */
async function startListener(greeting: string): Promise<number> {
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write(greeting)
  })
  listener.listen(0, '127.0.0.1').unref()
  await once(listener, 'listening')
  return (listener.address() as AddressInfo).port // it listens on TCP
}

test('a server that never greets, and one that falls silent, are given up', async () => {
  for (const greeting of ['', '220 here\r\n']) {
    const port = await startListener(greeting)
    const mailer = smtpMailer({
      host: '127.0.0.1',
      port,
      from,
      connectSeconds: 0.2,
      idleSeconds: 0.2,
    })
    await assert.rejects(mailer.send(await sampleMessage()), { code: 'ETIMEDOUT' })
  }
})

test('a server that is not there is a fault that passes', async () => {
  const port = await startListener('')
  const gone = createServer()
  gone.listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port: free } = gone.address() as AddressInfo
  await new Promise((closed) => gone.close(closed))
  assert.notEqual(free, port)
  const sending = smtpMailer({ host: '127.0.0.1', port: free, from }).send(await sampleMessage())
  await assert.rejects(
    sending,
    (error: Error & { permanent?: boolean }) => error.permanent !== true,
  )
})

test('an aborted message is given up at once', async () => {
  const port = await startListener('')
  const abort = new AbortController()
  const sending = smtpMailer({ host: '127.0.0.1', port, from }).send(await sampleMessage(), {
    signal: abort.signal,
  })
  abort.abort()
  await assert.rejects(sending, { code: 'EABORT' })
})

test('TLS that is required and not offered sends nothing', async () => {
  const server = await startSmtpServer({ disabledCommands: ['STARTTLS'] })
  const message = await sampleMessage()
  await assert.rejects(smtpMailer({ url: server.url, from, tls: 'required' }).send(message))
  // The same machine under an address that is not known to be loopback: required unless said otherwise.
  const remote = { host: '0.0.0.0', port: server.port, from }
  await assert.rejects(smtpMailer(remote).send(message))
  assert.equal(server.received.length, 0)
  await smtpMailer({ ...remote, tls: 'optional' }).send(message)
  assert.equal(server.received.length, 1)
  await smtpMailer({ url: `${server.url}?tls=optional`, from }).send(message)
  assert.equal(server.received.length, 2)
})

test('STARTTLS is used where it is offered, on loopback whoever signed the certificate', async () => {
  const server = await startSmtpServer({ hideSTARTTLS: false })
  await smtpMailer({ url: server.url, from }).send(await sampleMessage())
  assert.equal(server.received[0]?.secure, true)
  const strict = smtpMailer({ url: server.url, from, tlsOptions: { rejectUnauthorized: true } })
  await assert.rejects(strict.send(await sampleMessage()))
  const remote = smtpMailer({ host: '0.0.0.0', port: server.port, from })
  await assert.rejects(remote.send(await sampleMessage()))
  assert.equal(server.received.length, 1)
})

test('user and password of the URL are decoded, and a wrong password is final', async () => {
  const server = await startSmtpServer({
    hideSTARTTLS: false,
    authOptional: false,
    onAuth({ username, password }, _session, done) {
      if (password === 'p@ss/w:rd') done(null, { user: username })
      else done(reply(535, 'no'))
    },
  })
  const url = (password: string) => server.url.replace('//', `//ada%40acme:${password}@`)
  await smtpMailer({ url: url('p%40ss%2Fw%3Ard'), from }).send(await sampleMessage())
  assert.equal(server.received[0]?.user, 'ada@acme')
  const wrong = smtpMailer({ url: url('guess'), from }).send(await sampleMessage())
  await assert.rejects(wrong, { code: 'EAUTH', permanent: true })
})

const url = 'smtp://mail.example'
const refused: readonly (readonly [string, object])[] = [
  ['url', {}],
  ['url', { url: 'https://mail.example' }],
  ['url', { url: 'smtp://user:hunter2@' }],
  ['url', { url: 'smtp://user:hunter2%zz@mail.example' }],
  ['url', { url: 'smtp://mail.example/path' }],
  ['url', { url: 'smtp://mail.example?pool=true' }],
  ['url', { url, host: 'mail.example' }],
  ['url', { url, user: 'ada' }],
  ['tls', { url: 'smtp://mail.example?tls=no' }],
  ['tls', { url, tls: false }],
  ['connectSeconds', { url, connectSeconds: 0 }],
  ['idleSeconds', { url, idleSeconds: Number.NaN }],
  ['from', { url, from: undefined }],
  ['from', { url, from: 'Acme' }],
  ['from', { url, from: 'a@b.example, c@d.example' }],
  ['from', { url, from: 'Acme <a@b.example>\r\nBcc: eve@example.net' }],
  ['from', { url, from: { name: 'a\r\nb', address: 'a@b.example' } }],
  ['from', { url, from: { name: 'Acme', address: 'a@b' } }],
]

for (const [option, given] of refused)
  test(`refused by its name, without its secrets: ${option} in ${JSON.stringify(given)}`, () => {
    assert.throws(
      () => smtpMailer({ from, ...given } as SmtpMailerOptions),
      (error) =>
        error instanceof InvalidOptionsError &&
        error.message.startsWith(`option ${option}:`) &&
        !error.message.includes('hunter2'),
    )
  })

test('a rehearsal is checked and written like a message, and not sent', async () => {
  const server = await startSmtpServer()
  const mailer = smtpMailer({ url: server.url, from })
  const message = await sampleMessage()
  await mailer.rehearse?.(message)
  await assert.rejects(
    async () => mailer.rehearse?.({ ...message, to: 'two@a.example,b@a.example' }),
    {
      code: 'ERR_INVALID_INPUT',
    },
  )
  await mailer.send(message)
  assert.equal(server.received.length, 1)
})

test('messages are sent in a thread, and the event loop of the process does little for them', async () => {
  const server = await startSmtpServer()
  const mailer = smtpMailer({ url: server.url, from })
  // A function cannot be copied to a thread, so this one sends here.
  const here = smtpMailer({
    url: server.url,
    from,
    tlsOptions: { checkServerIdentity: () => undefined },
  })
  const message = await sampleMessage()
  await Promise.all([mailer.send(message), here.send(message)])
  const active = async (send: () => Promise<void>) => {
    const before = performance.eventLoopUtilization()
    for (let count = 0; count < 20; count += 1) await send()
    return performance.eventLoopUtilization(before).active
  }
  const [thread, same] = [
    await active(() => mailer.send(message)),
    await active(() => here.send(message)),
  ]
  assert.equal(server.received.length, 42)
  assert.ok(thread < same, `${thread} and ${same} ms`)
})

/** Runs a program that sends one message, and waits for its end. */
async function runProgram(
  url: string,
  body: string,
): Promise<{ status: number | null; seconds: number }> {
  const smtp = compiledUrl('./smtp.js', import.meta.url).href
  const message = await sampleMessage()
  const program = `
    const { smtpMailer } = await import(${JSON.stringify(smtp)})
    const mailer = smtpMailer({ url: ${JSON.stringify(url)}, from: ${JSON.stringify(from)} })
    const message = { ...${JSON.stringify(message)}, expiresAt: new Date() }
    ${body}`
  const started = performance.now()
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [status] = await once(child, 'exit')
  return { status, seconds: (performance.now() - started) / 1000 }
}

test('a process lives until its message is sent, and no longer', async () => {
  const server = await startSmtpServer()
  const { status, seconds } = await runProgram(server.url, 'void mailer.send(message)')
  assert.equal(status, 0)
  assert.equal(server.received.length, 1)
  assert.ok(seconds < 20, `${seconds} seconds`)
})

test('a thread that ends fails what it was sending, and the next message starts another', async () => {
  const server = await startSmtpServer()
  const { status } = await runProgram(
    server.url,
    `const { Worker } = await import('node:worker_threads')
    const { postMessage } = Worker.prototype
    // The first message meets the end of its thread.
    Worker.prototype.postMessage = function () { Worker.prototype.postMessage = postMessage; this.terminate() }
    const error = await mailer.send(message).then(() => null, (reason) => reason)
    if (error?.code !== 'ETHREAD') process.exit(3)
    await mailer.send(message)`,
  )
  assert.equal(status, 0)
  assert.equal(server.received.length, 1)
})
