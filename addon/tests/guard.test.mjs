// What the dev server allows strangers when it serves other machines; what it allows on this one is in presented/.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isOwn } from '../vite/peer.mjs'
import { checked } from '../vite/sync.mjs'
import { get, NAV, post } from './asking.mjs'
import { headmatter, makeDeck, remove, serve } from './decks.mjs'

test('windows of one user are told from those of another, by the system\'s own table', { skip: process.platform !== 'linux' && 'only Linux tells' }, async (t) => {
  const { createServer } = await import('node:net')
  for (const address of ['127.0.0.1', '::1']) {
    const sockets = []
    const server = createServer(socket => sockets.push(socket)).listen(0, address)
    await new Promise(resolve => server.once('listening', resolve))
    const open = async () => {
      const client = connect(server.address().port, address)
      await new Promise(resolve => server.once('connection', resolve))
      t.after(() => client.destroy())
      return sockets.at(-1)
    }
    assert.equal(isOwn(await open()), true, address)
    t.mock.method(process, 'getuid', () => 4242)
    assert.equal(isOwn(await open()), false, address)
    t.mock.restoreAll()
    server.close()
  }
  assert.equal(isOwn({ remoteAddress: '192.168.1.7' }), false)
})

test('a move keeps what it says, and nothing that was slipped in', () => {
  const message = { source: 'a', patch: { page: 3, cursor: '__UNDEFINED___' }, timestamp: 5 }
  assert.deepEqual(JSON.parse(checked(NAV, JSON.stringify(message))), message)
  assert.equal(checked(NAV, '{"source":"a","extra":1,"patch":{"page":3}}'), undefined)
})

describe('with --remote and a password', () => {
  const folder = makeDeck({
    'slides.md': `${headmatter('mcp: false', 'editor: false')}# One\n\n<!-- a note -->\n\n---\n\n# Two\n`,
    'snippets/good.py': 'open(__file__ + ".ran", "w").close()\nprint("good")\n',
    'snippets/outputs/good.txt': 'good\n',
  })
  let server
  before(async () => server = await serve(folder, { presenting: true, args: ['--remote=', '--bind', '127.0.0.1'], env: { DECK_PASSWORD: 'open sesame' } }))
  after(async () => {
    await server?.stop()
    remove(folder)
  })
  const hall = () => ({ host: `192.168.1.7:${server.port}` }) // not this machine's own name for itself

  test('the hall sees the slides, and moves nothing', async () => {
    assert.equal((await get(server, '/1', hall())).status, 200)
    assert.equal((await post(server, NAV, '{"patch":{"page":2}}', hall())).status, 403)
    for (const page of ['/presenter/1', '/entry', '/entry/', '/overview', '/Presenter/1', '/%70resenter/1', '/notes', '/presenter/1?password=', '/presenter/1?password=open'])
      assert.equal((await get(server, page, hall())).status, 401, page)
    for (const path of ['/@slidev/configs', '/', '/@id/__x00__virtual:run-token', '/entry'])
      assert.doesNotMatch((await get(server, path, hall())).text, /open sesame/, path)
  })

  test('who gives the password moves the deck', async () => {
    const { status, text } = await get(server, '/entry?password=open%20sesame', hall())
    assert.equal(status, 302)
    assert.match(text, /\r\nLocation: \/entry\r\n/i)
    const [, Cookie] = text.match(/set-cookie: (deck-\d+=[\w-]{43}); Path=\/; HttpOnly; SameSite=Strict/i)
    const headers = { Cookie }
    assert.equal((await get(server, '/presenter/1', { ...hall(), headers })).status, 200)
    assert.equal((await post(server, NAV, '{"patch":{"page":2}}', { ...hall(), headers })).status, 200)
    assert.equal((await post(server, NAV, '{"patch":{"page":2}}', { ...hall(), headers, origin: 'http://evil.example' })).status, 403)
    assert.equal((await post(server, NAV, '{"patch":{"page":2}}', { ...hall(), headers: { Cookie: `${Cookie.slice(0, -1)}!` } })).status, 403)
  })

  test('no snippet runs, for nobody, and the terminal says why', async () => {
    assert.match((await get(server, '/@id/__x00__virtual:run-token')).text, /token = ''/)
    for (const token of ['', 'a'.repeat(43)])
      assert.equal((await post(server, '/__run/good', '', { headers: { 'X-Run-Token': token } })).status, 403)
    assert.ok(!existsSync(join(folder, 'snippets/good.py.ran')))
    assert.match(server.log, /snippets do not run on stage: --remote shows the deck to other machines/)
  })

  test('another name for this machine shows nothing', async () => {
    for (const path of ['/', '/1', '/entry?password=open%20sesame'])
      assert.equal((await get(server, path, { host: `evil.example:${server.port}` })).status, 403, path)
  })

  test('passwords cannot be tried by the thousand', async () => {
    for (let tries = 0; tries < 25; tries++)
      await get(server, '/entry?password=guess', hall())
    assert.equal((await get(server, '/entry?password=open%20sesame', hall())).status, 401)
  })
})
