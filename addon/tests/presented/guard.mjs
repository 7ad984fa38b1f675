// What the dev server allows strangers while the deck is presented, asked as an attacker would.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { launch } from '../../browser/walk.mjs'
import { ignored } from '../../vite/quick.mjs'
import { get, NAV, post, request, send, spellings } from '../asking.mjs'
import { until } from '../lasting.mjs'
import { folder, server } from './deck.mjs'

describe('shown on this machine', () => {
  const slides = () => readFileSync(join(folder, 'slides.md'), 'utf8')
  const deck = slides()
  let browser
  before(async () => browser = await launch())
  after(() => browser?.close())
  const lives = async () => assert.equal((await get(server, '/')).status, 200, `the server is gone:\n${server.log}`)

  test('answers for what the page asks', async () => {
    for (const path of ['/', '/1', '/presenter/1?clicks=0', '/overview', '/@vite/client', '/@slidev/configs', '/@server-reactive/drawings?diff', '/__slidev/slides/1.json', '/@id/__x00__virtual:run-token', `/@fs${folder}/node_modules/@slidev/client/main.ts`])
      assert.equal((await get(server, path)).status, 200, path)
  })

  const routes = ['/__open-in-editor', '/__mcp', '/__inspect/', '/__unocss/', '/@slidev-monaco-types/load', '/__vite_ping', '/__anything']
  for (const route of routes) {
    test(`never answers for ${route}, however it is written`, async () => {
      for (const path of spellings(route, server.port).map(path => `${path}?file=slides.md&root=${folder}/private&name=x`)) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT']) {
          const { status, text } = await request(server, method, path)
          // A path without a service in it may be the page itself, as any address of the deck is.
          assert.ok(status === 0 || status >= 400 || /Content-Type: text\/html/i.test(text) && !/secret/.test(text), `${method} ${path} answers ${status}: ${text}`)
        }
      }
      assert.ok(!existsSync(join(folder, 'opened')), 'an editor was started')
    })
  }

  test('knows no other method, on any path', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE']) {
      for (const path of ['/', '/1', NAV, '/slides.md', '/__slidev/slides/1.json'])
        assert.equal((await request(server, method, path)).status, 403, `${method} ${path}`)
    }
    for (const path of ['/', '/1', '/slides.md', '/__slidev/slides/1.json', '/@server-reactive/snapshots', '/@server-reactive/sync', '/@server-ref/nav', `${NAV}?x`, `${NAV}/x`, NAV.toUpperCase()])
      assert.notEqual((await post(server, path, '{"content":"# Taken"}')).status, 200, path)
    assert.equal(slides(), deck)
  })

  test('a recording is a file of snippets/outputs, and nothing else is read as one', async () => {
    assert.match((await get(server, '/snippets/outputs/good.txt?import&recording')).text, /export const text = "3\.14\d+\\n"/)
    for (const path of ['/private/secret.txt', '/snippets/outputs/linked.txt', '/etc/passwd', '/snippets/outputs/../../private/secret.txt', '/snippets/outputs/%2e%2e/%2e%2e/private/secret.txt']) {
      for (const prefix of ['', `/@fs${folder}`, '/@fs', '/@id']) {
        const { text } = await get(server, `${prefix}${path}?import&recording`)
        assert.doesNotMatch(text, /export const text/, prefix + path)
      }
    }
  })

  test('no message ends the server or reaches Object.prototype', async () => {
    const hostile = ['', ' ', 'null', '0', '""', '[]', '{}', '{', 'x', '\0', '{"patch":null}', '{"patch":[]}', '{"data":null}', '{"data":{}}', '{"data":{"page":1}}', '{"patch":{"page":"1"}}', '{"patch":{"page":-1}}', '{"patch":{"page":1e999}}',
      '{"patch":{"__proto__":{"polluted":1}}}', '{"__proto__":{"polluted":1},"patch":{"page":1}}', '{"patch":{"timer":{"__proto__":{"polluted":1}}}}', '{"patch":{"constructor":{"prototype":{"polluted":1}}}}',
      '{"patch":{"timer":{"status":"stopped","slides":{"__proto__":{"polluted":1}},"startedAt":0,"pausedAt":0}}}', '{"patch":{"page":1},"data":{"page":1}}', '{"patch":"__UNDEFINED___"}', '{"patch":{"lastUpdate":{"id":[]}}}',
      `${'['.repeat(5000)}`, JSON.stringify({ patch: { lastUpdate: { id: 'x'.repeat(20_000), type: 'viewer', time: 1 } } }), 'x'.repeat(3_000_000)]
    for (const path of [NAV, '/@server-reactive/drawings', '/@server-reactive/share', '/@server-reactive/__proto__', '/@server-reactive/constructor/prototype', '/@server-ref/__proto__']) {
      for (const body of hostile)
        assert.notEqual((await post(server, path, body)).status, 200, `${path} ${body.slice(0, 80)}`)
    }
    for (const drawing of ['<script>alert(1)</script>', '<path onload="x"></path>', '<path ONLOAD="x"></path>', '<image href="http://x">', '<path d="M1"><a></path>', '<g style="x">', '<path d=M1 onload=x>'])
      assert.equal((await post(server, '/@server-reactive/drawings', JSON.stringify({ patch: { 1: drawing } }))).status, 400, drawing)
    await lives()
  })

  test('a message that is broken off ends nothing', async () => {
    const bytes = `POST ${NAV} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nOrigin: http://127.0.0.1:${server.port}\r\nContent-Length: 1000\r\n\r\n{"patch"`
    for (const end of ['end', 'destroy', 'resetAndDestroy']) {
      const socket = connect(server.port, '127.0.0.1').on('error', () => {})
      await new Promise(resolve => socket.write(bytes, resolve))
      await lives() // by then it has read them
      socket[end]()
      await lives()
      socket.destroy()
    }
  })

  test('moves of the presenter are taken', async () => {
    assert.equal((await post(server, NAV, '{"source":"x","patch":{"page":2,"clicks":0},"timestamp":1}')).status, 200)
    assert.match((await get(server, NAV)).text, /"page":\s*2/)
    const drawing = '<path d="M1 2L3 4" fill="none" stroke="#ff595e" stroke-width="4"></path><g><line x1="1" marker-end="url(#x)"></line></g>'
    assert.equal((await post(server, '/@server-reactive/drawings', JSON.stringify({ patch: { 1: drawing, 2: '__UNDEFINED___' } }))).status, 200)
    assert.equal((await post(server, '/@server-reactive/share', '{"patch":{"linear_regression":[1,2.5]}}')).status, 200)
  })

  test('no message over the socket ends the server, and none but a page\'s own is heard', async () => {
    const page = await browser.newPage()
    await page.goto(`${server.url}/snippets/good.py`) // a page of this server, and a small one
    const [, token] = (await get(server, '/@vite/client')).text.match(/wsToken = "([^"]+)"/)
    const messages = ['null', '0', '[]', '{}', '', '\0', '{"type":"custom"}', '{"type":"custom","event":"vite:invalidate"}', '{"type":"custom","event":"vite:invalidate","data":null}', '{"type":"custom","event":"vite:invalidate","data":{"path":1}}',
      '{"type":"custom","event":"slidev:monaco-write"}', '{"type":"custom","event":"slidev:monaco-write","data":{"file":"slides.md","content":"x"}}', '{"type":"custom","event":"__proto__"}', '{"type":"custom","event":"vite:client:connect","data":1}']
    const opened = await page.evaluate(({ port, token, messages }) => Promise.all(messages.map(message => new Promise((resolve) => {
      const socket = new WebSocket(`ws://localhost:${port}/?token=${token}`, 'vite-hmr')
      socket.onerror = () => resolve(false)
      socket.onopen = () => {
        socket.send(message)
        setTimeout(resolve, 300, true)
      }
    }))), { port: server.port, token, messages })
    assert.ok(opened.every(Boolean), 'no message was sent')
    await page.close()
    for (const path of ['/', '/?token=', '/x', 'http://[', '*', `http://localhost:${server.port}/`])
      await send(server, `GET ${path} HTTP/1.1\r\nHost: localhost:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: vite-hmr\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bad\r\n\r\n`)
    await lives()
    assert.equal(slides(), deck)
  })

  test('Vite bundles and watches no more than the slides need', async () => {
    await until(() => existsSync(join(folder, 'node_modules/.vite/deps/_metadata.json')), 'nothing is bundled')
    const bundled = readdirSync(join(folder, 'node_modules/.vite/deps')).filter(name => /typescript|pptxgenjs/.test(name))
    assert.deepEqual(bundled, [])
    const needless = ['.venv', '.venv/lib/python3.11/site.py', '.git/index', 'build/site/index.html', 'tests/deck/x.mjs', 'snippets/__pycache__/x.pyc', '.hypothesis/x']
    const needed = ['slides.md', 'snippets/good.py', 'snippets/outputs/good.txt', 'components/X.vue', 'public/models/x.bin', 'addon/vite/run.mjs', '', '../elsewhere/.venv/x']
    assert.deepEqual(needless.filter(path => !ignored(folder, join(folder, path))), [])
    assert.deepEqual(needed.filter(path => ignored(folder, join(folder, path))), [])
  })

  test('nothing is left in the deck\'s folder', () => {
    assert.deepEqual(readdirSync(folder).filter(name => /opened|\.slidev/.test(name)), [])
  })
})
