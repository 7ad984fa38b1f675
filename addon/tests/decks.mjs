// A small deck in a temporary folder, with this addon and only the looks of `other/`, served by Slidev.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { dev } from '../browser/serve.mjs'
import { root } from './host.mjs'

/** Links every package into a real `node_modules`, so that Vite's cache in it is the copy's own. */
function linkPackages(folder) {
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.'))
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
}

// No discovery: nothing is bundled in the middle of a test.
const viteConfig = 'export default { optimizeDeps: { noDiscovery: true } }\n'

/** Makes the deck from `{ path: text }`; `venv: false` leaves the project's Python out. Returns its folder. */
export function makeDeck(files, { venv = true } = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'deck-')))
  linkPackages(folder)
  const addon = join(import.meta.dirname, '..')
  for (const part of ['package.json', ...JSON.parse(readFileSync(join(addon, 'package.json'), 'utf8')).files]) // as it is packed, without tests
    cpSync(join(addon, part), join(folder, 'addon', part), { recursive: true })
  for (const looks of ['setup', 'styles'])
    cpSync(join(import.meta.dirname, 'other', looks), join(folder, looks), { recursive: true })
  write(folder, 'package.json', '{ "private": true }')
  write(folder, 'vite.config.mjs', viteConfig)
  if (venv)
    symlinkSync(join(root, '.venv'), join(folder, '.venv'))
  for (const [path, text] of Object.entries(files))
    write(folder, path, text)
  return folder
}

/** Makes a copy of the fixture deck; returns its folder. */
export function fixture() {
  const folder = makeDeck({})
  cpSync(join(import.meta.dirname, 'deck'), folder, { recursive: true })
  return folder
}

/** The headmatter of a deck that asks for nothing from elsewhere, with `more` lines of its own. */
export const headmatter = (...more) => ['---', 'theme: none', 'addons: [\'@/addon\']', 'fonts: { provider: none }', 'favicon: data:,', 'wakeLock: false', ...more, '---', '\n'].join('\n')

export function write(folder, path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

export const remove = folder => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

/** Starts Slidev's dev server in `folder`, `presenting` as commands/present.mjs does; returns { url, port, pid, log, stop }. */
export async function serve(folder, { presenting = false, args = [], env: extra = {} } = {}) {
  const { DECK_RUN, ...env } = process.env
  const server = await dev(folder, { args, env: { ...env, ...presenting && { DECK_RUN: '1' }, ...extra } })
  return Object.defineProperty({ ...server, url: server.url.slice(0, -1), stop: server.close }, 'log', { get: () => server.log })
}
