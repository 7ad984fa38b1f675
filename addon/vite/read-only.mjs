// Makes the dev server read-only: it shows the deck and keeps its windows in step; everything not listed here is refused.
import { relative } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { fail } from '../deck/fail.mjs'
import { isOwnPage, presenters } from './peer.mjs'
import { checked, isClientMessage, isState, most } from './sync.mjs'

// What Slidev and Vite serve beside files, as exactly this page asks for it. Vite compares some routes without case,
// and serves whatever an id loads: so names of this kind (`/__x`, `/@x`) pass when they are listed, and never else.
const SERVICES = [
  /^@vite\/client$/,
  /^@fs\/./,
  /^@id\/(__x00__)?(virtual:(run-token|deck\/\w+)|plugin-vue:export-helper|~icons\/[\w/-]+)$/,
  /^@slidev\/[\w./-]+$/,
  /^@server-reactive\/(nav|drawings|snapshots|share)$/,
  /^__slidev\/slides\/\d+\.json$/,
  /^__uno[\w-]*\.css$/,
]
const HIDDEN = /(?:^|\/)(?<!node_modules\/)\.[^/]/ // .git, .venv, .env; Vite keeps files in node_modules/.slidev
const PRESENT = fileURLToPath(new URL('../commands/present.mjs', import.meta.url))
const SPEAKER = /^(presenter|entry|overview|notes|notes-edit|print|export)(\/|$)/i

/** Returns the decoded path of a request line without its leading slash; undefined for an unusual spelling. */
function pathOf(url, base) {
  if (!/^\/(?!\/)/.test(url))
    return undefined // another form of the request line: connect takes `http://host/path` for `/path`
  try {
    const path = decodeURIComponent(url.replace(/[?#].*$/s, ''))
    const odd = /[%\\\0]|\/\/|\/\.\.?(\/|$)/.test(path)
    return odd ? undefined : path.slice(path.startsWith(base) ? base.length : 1)
  }
  catch {
    return undefined
  }
}

/** Whether the server serves a path below the project's folder `root`. */
function shown(path, root) {
  const inside = path.startsWith(`@fs${root}/`) ? path.slice(`@fs${root}/`.length) : path
  return /^[_@]/.test(path)
    ? SERVICES.some(form => form.test(path)) && !(inside !== path && HIDDEN.test(inside))
    : !HIDDEN.test(path)
}

async function bodyOf(request, most) {
  const parts = []
  let size = 0
  try {
    for await (const part of request) {
      size += part.length
      if (size > most)
        return undefined
      parts.push(part)
    }
    return Buffer.concat(parts).toString()
  }
  catch {
    return undefined // broken off
  }
}

/** Hands a checked message on: the plugin that reads it knows no limit and ends the server when it is not JSON. */
async function passOn(request, next, refuse) {
  const body = await bodyOf(request, most(request.url))
  const message = body && checked(request.url, body)
  if (!message)
    return refuse(400, 'that is not a move of this deck')
  const replay = Readable.from([message])
  request.on = replay.on.bind(replay)
  next()
}

const ask = hint => `<!doctype html><html lang="en"><title>Password</title><meta name="viewport" content="width=device-width">
<form style="font: 20px sans-serif; margin: 3em"><label>${hint} <input name="password" type="password" autofocus></label> <button>Go</button></form>`

export function readOnly(/** @type {{ remote?: string }} */ { remote }) {
  const password = process.env.DECK_PASSWORD
  if (remote)
    fail(`present with \`node ${relative('', PRESENT)} --remote=PASSWORD\`: Slidev alone tells the password to every viewer, and asks a public service for this machine's address`)

  /** Middleware before all others; `presenter` decides who may move the deck. */
  function guard({ base, root }, presenter) {
    return async (request, response, next) => {
      const { method, url } = request
      const refuse = (status, why, type = 'plain', headers = {}) => response
        .writeHead(status, { 'Content-Type': `text/${type}; charset=utf-8`, 'Cache-Control': 'no-store', ...status === 413 && { Connection: 'close' }, ...headers })
        .end(`${why}\n`)
      const path = pathOf(url, base)
      if (path === undefined)
        return refuse(400, 'write the path as it is')
      if (method === 'POST' && url.startsWith(`${base}__run/`) && process.env.DECK_RUN === '1' && remote === undefined)
        return next() // it has its own guard
      if (method === 'POST' && isState(url)) {
        return isOwnPage(request) && presenter.has(request)
          ? passOn(request, next, refuse)
          : refuse(403, 'only the presenter moves the deck')
      }
      if (!['GET', 'HEAD'].includes(method) || !shown(path, root))
        return refuse(403, 'the deck is read-only here: edit its files')
      if (remote === undefined || presenter.has(request) && !url.includes('password='))
        return next()
      const cookie = presenter.admit(request)
      if (cookie)
        return refuse(302, 'welcome', 'plain', { 'Set-Cookie': cookie, 'Location': url.replace(/\?.*/, '') })
      if (SPEAKER.test(path))
        return refuse(401, ask(cookie === '' ? 'That was not it. The password:' : 'The password:'), 'html')
      next()
    }
  }

  /** Lets through what the presenter's pages say over the socket, and no other connection than Vite's. */
  function guardSocket(server, presenter) {
    server.httpServer.prependListener('upgrade', (request, socket) => {
      if (pathOf(request.url, server.config.base) === '')
        return
      request.url = '/' // the next listener would parse it, and end the server where it cannot
      delete request.headers['sec-websocket-protocol']
      socket.destroy()
    })
    server.ws.on('connection', (socket, request) => {
      const emit = socket.emit
      socket.emit = (event, ...args) =>
        event !== 'message' || isClientMessage(args[0]) && presenter.has(request) ? emit.call(socket, event, ...args) : false
    })
  }

  return {
    name: 'deck:read-only',
    apply: 'serve',
    config: () => ({
      server: {
        cors: false,
        headers: {
          'Cross-Origin-Resource-Policy': 'same-origin',
          'Content-Security-Policy': 'frame-ancestors \'self\'',
        },
      },
    }),
    configureServer: {
      order: 'pre', // ahead of Slidev's own routes
      handler(server) {
        const presenter = presenters(remote === undefined ? undefined : password, server.config.server.port)
        server.middlewares.use(guard(server.config, presenter))
        if (server.httpServer)
          guardSocket(server, presenter)
      },
    },
  }
}
