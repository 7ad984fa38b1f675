// A built deck as a host serves it, with a page at every address or as Slidev alone built it; and what Slidev says when it fails.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { dev, host, reasonOf, runSlidev } from '../browser/serve.mjs'
import { root } from './host.mjs'

const folder = mkdtempSync(join(tmpdir(), 'site-test-'))
after(() => rmSync(folder, { recursive: true }))

async function statuses(...paths) {
  const server = await host(folder, '/talk/')
  const answers = await Promise.all(paths.map(path => fetch(new URL(path, server.url)).then(({ status }) => status)))
  await server.close()
  return answers
}

test('a deck of one page answers at each address, one with a page for each at those alone', async () => {
  writeFileSync(join(folder, 'index.html'), 'the deck')
  assert.deepEqual(await statuses('', '1', '2', 'lost.js', '/elsewhere'), [200, 200, 200, 404, 404])
  mkdirSync(join(folder, '1'))
  writeFileSync(join(folder, '1/index.html'), 'the deck')
  assert.deepEqual(await statuses('', '1', '2'), [200, 200, 404])
})

describe('why Slidev failed stands in one line', () => {
  const logs = [
    ['a limit of time', '  entry  slides.md\npage.goto: Timeout 60000ms exceeded.\nCall log:\n\u001B[2m  - navigating to "http://localhost:1/"\u001B[22m\n\n    at go (export.mjs:1)\n  name: \'TimeoutError\'\n}\n', 'status 1: page.goto: Timeout 60000ms exceeded.'],
    ['an error of the build', 'transforming...\nError: Build failed with 1 error:\n\n[UNRESOLVED_IMPORT] Could not resolve "./no"\n   ╭─[ a.vue ]\n 1 │ import\n    at b (c.mjs:1)\n', 'status 1: Error: Build failed with 1 error: [UNRESOLVED_IMPORT] Could not resolve "./no"'],
    ['a last word', '\n\u001B[31mThe theme "no" was not found and cannot prompt for installation\u001B[39m\n', 'status 1: The theme "no" was not found and cannot prompt for installation'],
    ['nothing', '', 'SIGKILL: it said nothing', 'SIGKILL'],
  ]
  for (const [name, log, reason, status = 1] of logs)
    test(name, () => assert.equal(reasonOf({ status, log }), `ended with ${reason}`))
})

test('Slidev finds the browser of this addon, whether or not the deck has one', () => {
  const find = (name, ...args) => spawnSync(process.execPath, [...args, '--input-type=module', '-e', `console.log(Object.keys((await import('${name}')).chromium))`], { cwd: folder, encoding: 'utf8' })
  assert.notEqual(find('playwright-chromium').status, 0)
  for (const name of ['playwright-chromium', import.meta.resolve('playwright-chromium')])
    assert.equal(find(name, '--import', new URL('../browser/lend.mjs', import.meta.url).href).stdout, '[ \'launch\' ]\n')
})

test('a server is the one that was started, on a port that nobody took meanwhile', async () => {
  const deck = join(folder, 'deck')
  mkdirSync(join(deck, 'node_modules/@slidev/cli/bin'), { recursive: true })
  // A Slidev whose first port was taken meanwhile.
  writeFileSync(join(deck, 'node_modules/@slidev/cli/bin/slidev.mjs'), `
import { existsSync, writeFileSync } from 'node:fs'
const port = process.argv[process.argv.indexOf('--port') + 1]
if (!existsSync('first')) {
  writeFileSync('first', port)
  throw new Error(\`Port \${port} is already in use\`)
}
console.log(\`  public slide show   > \\u001b[36mhttp://localhost:\\u001b[1m\${port}\\u001b[22m/\`)
setInterval(() => {}, 1000)`)
  const server = await dev(deck)
  assert.match(server.log, /public slide show/)
  await server.close()
})

test('a Slidev that does not end in time is told so, whatever status it then gives', async () => {
  const deck = join(folder, 'late')
  mkdirSync(join(deck, 'node_modules/@slidev/cli/bin'), { recursive: true })
  writeFileSync(join(deck, 'node_modules/@slidev/cli/bin/slidev.mjs'), 'setInterval(() => {}, 1000)\nprocess.once(\'SIGTERM\', () => process.exit(0))\n')
  assert.equal(reasonOf(await runSlidev(deck, [], { timeout: 1500 }).ended), 'did not end in 1.5 s')
})

test('the browser of node_modules is unpacked once, and never seen half', { skip: process.platform !== 'linux' && 'only Linux has it there' }, async () => {
  const modules = join(folder, 'unpack/node_modules')
  mkdirSync(join(modules, '@sparticuz/chromium'), { recursive: true })
  symlinkSync(join(root, 'node_modules/playwright-chromium'), join(modules, 'playwright-chromium'))
  cpSync(join(import.meta.dirname, '../browser/find.mjs'), join(folder, 'unpack/find.mjs'))
  writeFileSync(join(modules, '@sparticuz/chromium/package.json'), '{ "version": "1", "type": "module", "exports": "./index.js" }')
  // Its first half is no program, and stays until the other process has one, too.
  writeFileSync(join(modules, '@sparticuz/chromium/index.js'), `
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
export default { async executablePath() {
  writeFileSync(process.env.TMPDIR + '/chromium', '#!/no', { mode: 0o755 })
  while (readdirSync(process.env.TMPDIR + '/..').length < 2)
    await new Promise(resolve => setTimeout(resolve, 20))
  writeFileSync(process.env.TMPDIR + '/chromium', '#!/bin/sh')
} }`)
  const find = () => text(spawn(process.execPath, ['--input-type=module', '-e', 'import { findBrowser } from \'./find.mjs\'; console.log(await findBrowser())'], {
    cwd: join(folder, 'unpack'),
    env: { PATH: folder, PLAYWRIGHT_BROWSERS_PATH: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  }).stdout)
  const path = join(modules, '.cache/chromium-1/chromium')
  assert.deepEqual(await Promise.all([find(), find()]), [`${path}\n`, `${path}\n`])
  assert.deepEqual(readdirSync(join(modules, '.cache')), ['chromium-1'])
})
