// Serves a deck on this machine: from Slidev's own server, or as the built site under a sub-path.
import { spawn } from 'node:child_process'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as listen } from 'node:net'
import { extname, join } from 'node:path'

/** Slidev's command, from the deck's folder. */
export const slidev = 'node_modules/@slidev/cli/bin/slidev.mjs'
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.wasm': 'application/wasm', '.woff2': 'font/woff2', '.png': 'image/png' }

const freePort = () => new Promise((resolve) => {
  const probe = listen().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})

/** Runs slidev in `root`; `ended` resolves to { status, log }. It ends with this process at the latest. */
export function runSlidev(root, args, { timeout } = {}) {
  const child = spawn(process.execPath, [slidev, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout })
  const stop = () => child.kill()
  process.once('exit', stop)
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', data => log += data)
  const ended = new Promise(resolve => child.on('close', (status, signal) => {
    process.off('exit', stop)
    resolve({ status: status ?? signal, log })
  }))
  return { stop, ended }
}

/** Starts Slidev's server on the deck in `root`; returns { url, close }. */
export async function dev(root) {
  const port = await freePort()
  const { stop, ended } = runSlidev(root, ['slides.md', '--port', String(port), '--open', 'false'])
  let failed
  ended.then(({ log }) => failed = log)
  const url = `http://localhost:${port}/`
  while (!await fetch(url).then(({ ok }) => ok, () => false)) {
    if (failed !== undefined)
      throw new Error(`slidev did not start:\n${failed}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return {
    url,
    async close() {
      stop()
      await ended
    },
  }
}

/** Builds the deck in `root` into `out` for the sub-path `base` and serves it as a static host would; returns { url, close }. */
export async function site(root, out, base) {
  const { status, log } = await runSlidev(root, ['build', 'slides.md', '--without-notes', '--base', base, '--out', out]).ended
  if (status !== 0)
    throw new Error(`slidev build ended with status ${status}:\n${log}`)
  const server = createServer(({ url }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname)
    const wanted = join(out, path.startsWith(base) ? path.slice(base.length) : '..')
    const file = wanted.startsWith(out) && existsSync(wanted) && statSync(wanted).isFile()
      ? wanted
      : extname(path) ? undefined : path.startsWith(base) && join(out, 'index.html')
    response.writeHead(file ? 200 : 404, { 'content-type': TYPES[extname(file || '')] ?? 'application/octet-stream' })
    file ? createReadStream(file).pipe(response) : response.end()
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${server.address().port}${base}`,
    close: () => new Promise(resolve => server.close(resolve)),
  }
}
