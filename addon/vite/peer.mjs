// Tells who is at the other end of a connection: the presenter, or somebody else on this machine or network.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { endianness } from 'node:os'

export const LOOPBACK = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/
const TRIES = 20 // wrong passwords a minute, from the whole network together

/** Compares two texts in constant time. */
export function equal(given = '', wanted) {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const word = bytes => (endianness() === 'LE' ? bytes.toReversed() : bytes).map(byte => byte.toString(16).padStart(2, '0')).join('').toUpperCase()

/** An address and port as Linux writes them in /proc/net/tcp and /proc/net/tcp6. */
function written(address, port) {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const v4 = address.replace(/^::ffff:/, '')
  const zeros = '0'.repeat(16)
  if (!isIPv4(v4))
    return [`${zeros}00000000${word([0, 0, 0, 1])}${end}`]
  const bytes = word(v4.split('.').map(Number))
  return [bytes + end, `${zeros}${word([0, 0, 255, 255])}${bytes}${end}`]
}

/** The user who opened a loopback connection, from Linux's table of sockets; undefined if it is not there. */
function userOf({ remoteAddress, remotePort, localAddress, localPort }) {
  const [theirs, ours] = [written(remoteAddress, remotePort), written(localAddress, localPort)]
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync)) {
    for (const row of readFileSync(table, 'utf8').split('\n')) {
      const [, local, remote, , , , , user] = row.trim().split(/\s+/)
      if (theirs.includes(local) && ours.includes(remote))
        return Number(user)
    }
  }
}

const known = new WeakMap() // connections that were looked up

/** Whether a connection comes from this machine and, where the system can say (Linux), from the user who presents. */
export function isOwn(socket) {
  if (!LOOPBACK.test(socket.remoteAddress))
    return false
  if (process.platform !== 'linux')
    return true
  if (!known.has(socket))
    known.set(socket, userOf(socket) === process.getuid())
  return known.get(socket)
}

/** Whether the Host header names this machine, which rules out DNS rebinding. */
export const isLocalName = ({ headers: { host }, socket }) =>
  ['localhost', '127.0.0.1', '[::1]'].some(name => host === `${name}:${socket.localPort}`)

/** Whether a request comes from a page of the deck itself. */
export const isOwnPage = ({ headers: { origin, host } }) => origin === `http://${host}`

/**
 * Recognises the presenter: whoever sits at this machine, or has given the password of `--remote`.
 *
 * `admit(request)` returns a cookie for the right password, '' for a wrong one and undefined for none.
 */
export function presenters(password, port) {
  const cookie = { name: `deck-${port}`, value: randomBytes(32).toString('base64url') }
  let wrong = []
  return {
    has(request) {
      if (isOwn(request.socket) && isLocalName(request))
        return true
      const given = (request.headers.cookie ?? '').split(/; */).find(text => text.startsWith(`${cookie.name}=`))
      return Boolean(password) && equal(given?.slice(cookie.name.length + 1), cookie.value)
    },
    admit({ url }) {
      const given = new URL(url, 'http://deck').searchParams.get('password')
      if (!password || given === null)
        return undefined
      wrong = wrong.filter(time => Date.now() - time < 60_000)
      if (wrong.length < TRIES && equal(given, password))
        return `${cookie.name}=${cookie.value}; Path=/; HttpOnly; SameSite=Strict`
      wrong.push(Date.now())
      return ''
    },
  }
}
