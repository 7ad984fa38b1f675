// A built deck as a host serves it, with a page at every address or as Slidev alone built it; and what Slidev says when it fails.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { host, reasonOf } from '../browser/serve.mjs'

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
