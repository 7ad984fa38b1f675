// Serves a deck on this machine: from Slidev's own server, or as the built site under a sub-path.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { getRandomPort } from 'get-port-please'
import sirv from 'sirv'

const SLIDEV = 'node_modules/@slidev/cli/bin/slidev.mjs'
const [BRIEF, LEND] = ['brief.mjs', 'lend.mjs'].map(name => new URL(name, import.meta.url).href)

/**
 * Returns Slidev as the deck in `root` has it, by a path from there: by the real path of a linked package, Slidev would
 * take itself for a global installation, with a cache that all decks share.
 */
export function slidevOf(root) {
  let folder = root
  while (!existsSync(join(folder, SLIDEV))) {
    if (folder === dirname(folder))
      throw new Error(`${root} has no Slidev; run there: npm install @slidev/cli`)
    folder = dirname(folder)
  }
  return relative(root, join(folder, SLIDEV))
}

/** Runs slidev in `root`; `ended` resolves to { status, log }, with `late` where it was ended after `timeout` ms. It ends with this process at the latest. */
export function runSlidev(root, args, { timeout, env } = {}) {
  const lent = args[0] === 'export' ? ['--import', LEND] : [] // it costs every start about a second
  const child = spawn(process.execPath, ['--import', BRIEF, ...lent, slidevOf(root), ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = signal => child.kill(signal)
  const leave = () => stop()
  process.once('exit', leave)
  const run = { stop, log: '', pid: child.pid }
  let late
  const limit = timeout && setTimeout(() => stop(late = 'SIGTERM'), timeout) // with a browser, it then ends with any status
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', data => run.log += data)
  run.ended = new Promise(resolve => child
    .once('error', error => run.log += `${error.message}\n`) // it was not even started
    .once('close', (status, signal) => {
      clearTimeout(limit)
      process.off('exit', leave)
      resolve({ status: status ?? signal, log: run.log, ...late && { late: timeout } })
    }))
  return run
}

const DETAIL = /^(?:- |Call log:$|[│╭╰╯─·]|\d+ [|│])/ // of Playwright's calls, and lines of code

/** Why Slidev failed, in one line of its `log`: an error by name, else the line before a stack, else the last line. */
export function reasonOf({ status, log, late }) {
  if (late)
    return `did not end in ${late / 1000} s`
  const rows = stripVTControlCharacters(log).split(/[\r\n]+/).map(row => row.trim()).filter(row => row && !DETAIL.test(row))
  const stack = rows.findIndex(row => /^at \S/.test(row))
  const named = rows.findIndex(row => /Error: ./.test(row))
  const at = named >= 0 ? named : (stack < 0 ? rows.length : stack) - 1
  return `ended with ${Number.isInteger(status) ? `status ${status}` : status}: ${rows.slice(at, at + (rows[at]?.endsWith(':') ? 2 : 1)).join(' ') || 'it said nothing'}`
}

/** Whether Slidev, by its `log`, serves on `port`; it says so once it has it, where another may answer there before. */
export const servesOn = (log, port) => stripVTControlCharacters(log).includes(`http://localhost:${port}/`)

/** Whether, by its `log`, somebody else took its port after it was found to be free. */
export const portTaken = log => /Port \d+ is already in use/.test(log)

/** Starts Slidev's server on the deck in `root` and waits until it answers; returns { url, port, pid, log, close }. */
export async function dev(root, { entry = 'slides.md', args = [], env } = {}) {
  const port = await getRandomPort('localhost')
  const run = runSlidev(root, [entry, '--port', String(port), '--open', 'false', ...args], { env })
  let over = false
  run.ended.then(() => over = true)
  const url = `http://localhost:${port}/`
  while (!servesOn(run.log, port)) {
    if (over && portTaken(run.log))
      return dev(root, { entry, args, env })
    if (over)
      throw new Error(`slidev did not start:\n${run.log}`)
    await sleep(50)
  }
  return {
    url,
    port,
    pid: run.pid,
    get log() {
      return run.log
    },
    async close(signal) {
      run.stop(signal)
      await run.ended
    },
  }
}

/** Builds the deck in `root` into `out` for the sub-path `base`; throws with Slidev's reason when it cannot. */
export async function build(root, out, base = '/', entry = 'slides.md') {
  const end = await runSlidev(root, ['build', entry, '--base', base, '--out', out]).ended
  if (end.status !== 0)
    throw new Error(`slidev build ${reasonOf(end)}`)
}

/**
 * Serves the built deck in `out` as a static host would, and nothing for an address without a file; one that has no file
 * for its slides, as Slidev alone builds it, is served as a host with a fallback would. Returns { url, close }.
 */
export async function host(out, base) {
  const files = sirv(out, { single: !existsSync(join(out, '1', 'index.html')) })
  const lost = response => response.writeHead(404).end()
  const server = createServer((request, response) => {
    if (!request.url.startsWith(base))
      return lost(response)
    request.url = request.url.slice(base.length - 1)
    files(request, response, () => lost(response))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://localhost:${server.address().port}${base}`,
    close: () => new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections() // a browser keeps some open in advance
    }),
  }
}

/** Builds the deck in `root` into `out` and serves it; returns { url, close }. */
export async function site(root, out, base, entry) {
  await build(root, out, base, entry)
  return host(out, base)
}
