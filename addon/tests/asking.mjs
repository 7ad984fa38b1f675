// Asks a server as an attacker would: byte by byte, with every spelling of a route.
import { connect } from 'node:net'

export const NAV = '/@server-reactive/nav' // where the windows tell which slide is shown

/** Sends bytes; resolves to the answer's status and text, 0 when the server hangs up without one. */
export function send(server, bytes, { host = '127.0.0.1' } = {}) {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(server.port, host, () => socket.write(bytes))
    socket.setEncoding('utf8').on('data', data => text += data).on('error', () => {})
    socket.on('close', () => resolve({ status: Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0), text }))
    socket.setTimeout(120_000, () => socket.destroy())
  })
}

export function request(server, method, path, { body = '', length = Buffer.byteLength(body), host = `127.0.0.1:${server.port}`, origin = `http://${host}`, headers = {} } = {}) {
  const lines = { 'Host': host, 'Origin': origin, 'Content-Type': 'application/json', 'Content-Length': length, 'Connection': 'close', ...headers }
  return send(server, `${method} ${path} HTTP/1.1\r\n${Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
}
export const get = (server, path, options) => request(server, 'GET', path, options)
export const post = (server, path, body, options) => request(server, 'POST', path, { body, ...options })

/** Every way to write a path that some part of a server may take for it. */
export function spellings(path, port) {
  const name = path.slice(1)
  const hex = text => [...text].map(char => `%${char.charCodeAt(0).toString(16)}`).join('')
  return [
    path, path.toUpperCase(), `/${name[0]}${name[1]}${name[2].toUpperCase()}${name.slice(3)}`,
    `//${name}`, `/./${name}`, `/x/../${name}`, `/%2e/${name}`, `/x/%2e%2e/${name}`, `/x/..%2f${name}`, `/\\${name}`, `/${name}/`, `/${name}.`,
    `/${hex(name.slice(0, 2))}${name.slice(2)}`, `/${name.slice(0, 4)}${hex(name.slice(4, 7))}${name.slice(7)}`, `/%25${hex(name[0]).slice(1)}${name.slice(1)}`,
    `http://localhost:${port}${path}`, `HTTP://127.0.0.1:${port}${path}`, `http://evil.example${path}`, `x://y${path}`,
    `/@id${path}`, `/@id/${name}`, `/@id/__x00__${path}`, `/@ID${path}`, `/@fs/@id${path}`,
  ]
}
