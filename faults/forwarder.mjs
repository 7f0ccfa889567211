/** `node forwarder.mjs ADDRESS PORT SOCKET`: hands every connection on to the unix socket. Ends with its parent. */
import net from 'node:net'

const [, , address, port, socket] = process.argv

const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = net.connect({ path: socket, allowHalfOpen: true })
  client.pipe(upstream).pipe(client)
  for (const each of [client, upstream])
    each.on('error', () => {
      client.destroy()
      upstream.destroy()
    })
})
server.listen(Number(port), address, () => process.send('listening'))
process.on('disconnect', () => process.exit(0))
