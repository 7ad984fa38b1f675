// A small deck of its own in a temporary folder, with this project's components and plugins, served or built by Slidev.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../scripts/setup.mjs'

// By the copy's own path: else Slidev takes itself for a global installation, with a cache that all decks share.
const slidev = 'node_modules/@slidev/cli/bin/slidev.mjs'

const shared = ['addon', 'setup', 'styles', 'requirements.lock']

/** Links every package into a real `node_modules`, so that Vite's cache in it is the copy's own. */
function linkPackages(folder) {
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.'))
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
}

// All that this deck needs is known: nothing is bundled in the middle of a test.
const viteConfig = 'export default { optimizeDeps: { noDiscovery: true } }\n'

/** Makes the deck from `{ path: text }`; `venv: false` leaves the project's Python out. Returns its folder. */
export function makeDeck(files, { venv = true } = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'deck-')))
  linkPackages(folder)
  for (const path of shared)
    cpSync(join(root, path), join(folder, path), { recursive: true })
  write(folder, 'package.json', '{ "private": true }')
  write(folder, 'vite.config.mjs', viteConfig)
  write(folder, 'styles/index.ts', `import './tokens.css'\nimport './deck.css'`) // fonts lie outside of the copy
  if (venv)
    symlinkSync(join(root, '.venv'), join(folder, '.venv'))
  for (const [path, text] of Object.entries(files))
    write(folder, path, text)
  return folder
}

export function write(folder, path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

export const remove = folder => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  return port
}

/** Starts Slidev's dev server in `folder` and waits until it answers. */
export async function serve(folder, { presenting = false, args = [], env: extra = {} } = {}) {
  const port = await freePort()
  const { DECK_RUN, ...env } = process.env
  const child = spawn(process.execPath, [slidev, '--port', port, ...args], {
    cwd: folder,
    env: { ...env, ...presenting && { DECK_RUN: '1' }, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const server = { url: `http://localhost:${port}`, port, log: '', pid: child.pid }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', text => server.log += text)
  server.stop = async (signal = 'SIGTERM') => {
    child.kill(signal)
    if (child.exitCode === null && child.signalCode === null)
      await once(child, 'exit')
  }
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    if (await fetch(server.url).then(answer => answer.ok, () => false))
      return server
    await sleep(100)
  }
  await server.stop()
  throw new Error(`the dev server does not answer:\n${server.log}`)
}

/** Builds the deck; returns the folder of the site. */
export function build(folder) {
  const { status, stderr } = spawnSync(process.execPath, [slidev, 'build'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0)
    throw new Error(`slidev build ended with status ${status}:\n${stderr}`)
  return join(folder, 'dist')
}
