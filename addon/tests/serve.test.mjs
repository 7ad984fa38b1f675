// A built deck as a host serves it: one with a page at every address, and one that Slidev alone built.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { host } from '../browser/serve.mjs'

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
