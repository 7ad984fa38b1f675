// What runs a snippet on stage: its limits, its surroundings, and who may ask for it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { refusal, runEndpoint } from '../vite/endpoint.mjs'
import { run } from '../vite/run.mjs'
import { python, root } from './host.mjs'
import { lasting, lives, until } from './lasting.mjs'

const folder = mkdtempSync(join(tmpdir(), 'run-test-'))
after(() => rmSync(folder, { recursive: true }))

function script(name, ...lines) {
  const path = join(folder, `${name}.py`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

function lastingScript(name, after) {
  const made = lasting(join(folder, `${name}.pid`), after)
  return { ...made, path: script(name, made.text) }
}

const never = () => new AbortController().signal
const ignore = () => {}

describe('a run', () => {
  test('shows what is printed while the script goes on, and tells its exit status', async () => {
    const seen = join(folder, 'seen')
    const path = script('streams', 'import os, sys, time', `seen = ${JSON.stringify(seen)}`, 'print("first")', 'soon = time.monotonic() + 50',
      'while not os.path.exists(seen) and time.monotonic() < soon: time.sleep(0.01)',
      'print("é", file=sys.stderr)', 'sys.exit(3 if os.path.exists(seen) else 4)')
    const printed = { stdout: '', stderr: '' }
    const end = await run(python, path, (event) => {
      const [[name, text]] = Object.entries(event)
      printed[name] += text
      if (printed.stdout === 'first\n')
        writeFileSync(seen, '')
    }, never())
    assert.deepEqual(printed, { stdout: 'first\n', stderr: 'é\n' })
    assert.deepEqual(end, { status: 3, stdout: 'first\n', ended: undefined })
  })

  test('happens in an empty folder that is gone afterwards, without the secrets of its surroundings', async () => {
    process.env.DECK_SECRET = 'hush'
    const path = script('where', 'import json, os', 'open("left-behind", "w").close()', 'print(json.dumps([os.getcwd(), os.listdir(), dict(os.environ)]))')
    const { stdout } = await run(python, path, ignore, never())
    delete process.env.DECK_SECRET
    const [where, files, env] = JSON.parse(stdout)
    assert.deepEqual(files, ['left-behind'])
    assert.ok(!existsSync(where), `${where} is still there`)
    const own = Object.keys(env).filter(name => !['LC_CTYPE', '__CF_USER_TEXT_ENCODING'].includes(name)) // Python's and macOS's
    assert.deepEqual(own.sort(), ['HOME', 'LANG', 'PATH', 'PYTHONUNBUFFERED', 'PYTHONUTF8', 'TMPDIR'])
    assert.equal(env.HOME, where)
  })

  test('knows nothing of what somebody put into Object.prototype', async () => {
    const path = script('polluted', 'import json, os', 'print(json.dumps(dict(os.environ)))')
    const slipped = { NODE_OPTIONS: '--no-warnings', PYTHONPATH: folder, env: { PYTHONPATH: folder }, shell: '/bin/false', argv0: 'x', uid: 4242 }
    Object.assign(Object.prototype, slipped)
    try {
      const { status, stdout } = await run(python, path, ignore, never())
      assert.equal(status, 0)
      assert.deepEqual(Object.keys(JSON.parse(stdout)).filter(name => Object.hasOwn(slipped, name)), [])
    }
    finally {
      for (const name of Object.keys(slipped))
        delete Object.prototype[name]
    }
  })

  test('ends with all that it started when it is stopped', async () => {
    const script = lastingScript('stopped')
    const stop = new AbortController()
    const end = run(python, script.path, ignore, stop.signal)
    await script.started()
    stop.abort()
    assert.equal((await end).ended, 'stopped')
    await script.ends()
  })

  test('ends with all that it started at the time limit', async (t) => {
    const script = lastingScript('late')
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const end = run(python, script.path, ignore, never(), { seconds: 2, characters: 100 })
    await script.started()
    t.mock.timers.tick(1999)
    assert.ok(script.alive())
    t.mock.timers.tick(1)
    assert.equal((await end).ended, 'ended after 2 s, the limit')
    await script.ends()
  })

  test('ends at the output limit, and gives no more than that', async () => {
    const written = join(folder, 'written')
    const path = script('chatty', 'import sys, time', 'for stream in sys.stdout, sys.stderr:', '    stream.write("x" * 1500)',
      `open(${JSON.stringify(written)}, "w").close()`, 'time.sleep(60)')
    let length = 0
    const end = run(python, path, event => length += Object.values(event)[0].length, never(), { seconds: 30, characters: 1000 })
    while (!existsSync(written)) // both are on their way before the first is read
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    assert.equal((await end).ended, 'ended after 1000 characters, the limit')
    assert.equal(length, 1000)
  })

  test('ends what a finished script left behind', async () => {
    const script = lastingScript('left', '')
    assert.equal((await run(python, script.path, ignore, never())).status, 0)
    await script.ends()
  })

  test('does not wait for a daemon that holds its output open', async () => {
    const daemon = 'import time; time.sleep(600)'
    const path = script('daemon', 'import subprocess, sys', `print(subprocess.Popen([sys.executable, "-c", "${daemon}"], start_new_session=True).pid)`)
    const { stdout, ended } = await run(python, path, ignore, never())
    assert.equal(ended, undefined)
    assert.ok(lives(stdout.trim()))
    process.kill(Number(stdout))
  })

  test('ends when its server goes with the terminal', async () => {
    const script = lastingScript('hang-up')
    const code = `import { run } from ${JSON.stringify(pathToFileURL(join(root, 'addon/vite/run.mjs')).href)}
      await run(${JSON.stringify(python)}, ${JSON.stringify(script.path)}, () => {}, new AbortController().signal)`
    const server = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' })
    await script.started()
    server.kill('SIGHUP')
    await once(server, 'exit')
    await script.ends()
  })

  test('says so when there is nothing to run it with', async () => {
    const { ended } = await run(join(folder, 'no-python'), script('any'), ignore, never())
    assert.match(ended, /^cannot run .*no-python: /)
  })
})

const TOKEN = 'a'.repeat(43)

describe('a request is refused', () => {
  const good = () => ({
    method: 'POST',
    headers: { 'host': 'localhost:3030', 'origin': 'http://localhost:3030', 'x-run-token': TOKEN },
    socket: { remoteAddress: '127.0.0.1', localPort: 3030 },
  })
  test('not when all is right, under each name of this machine', () => {
    assert.equal(refusal(good(), TOKEN), undefined)
    for (const host of ['127.0.0.1:3030', '[::1]:3030']) {
      const request = good()
      Object.assign(request.headers, { host, origin: `http://${host}` })
      assert.equal(refusal(request, TOKEN), undefined)
    }
    for (const peer of ['::1', '::ffff:127.0.0.1', '127.8.9.10'])
      assert.equal(refusal({ ...good(), socket: { remoteAddress: peer, localPort: 3030 } }, TOKEN), undefined)
  })

  const method = /by POST alone/
  const peer = /this machine alone/
  const host = /another host name/
  const origin = /only the deck itself/
  const token = /older than the server/
  const cases = [
    ['a GET, as an image or a script would send it', method, r => r.method = 'GET'],
    ['a preflight', method, r => r.method = 'OPTIONS'],
    ['a machine of the local network', peer, r => r.socket.remoteAddress = '192.168.1.7'],
    ['an IPv6 machine', peer, r => r.socket.remoteAddress = 'fe80::1'],
    ['a peer that only looks like loopback', peer, r => r.socket.remoteAddress = '64:ff9b::127.0.0.1'],
    ['a rebound DNS name', host, r => r.headers.host = r.headers.origin = 'evil.example:3030'],
    ['a name below localhost', host, r => r.headers.host = 'evil.localhost:3030'],
    ['another port in Host', host, r => r.headers.host = 'localhost:8000'],
    ['no Host', host, r => delete r.headers.host],
    ['another site', origin, r => r.headers.origin = 'https://evil.example'],
    ['another port of this machine', origin, r => r.headers.origin = 'http://localhost:8000'],
    ['the same address by another name', origin, r => r.headers.origin = 'http://127.0.0.1:3030'],
    ['another scheme', origin, r => r.headers.origin = 'https://localhost:3030'],
    ['a sandboxed page', origin, r => r.headers.origin = 'null'],
    ['no Origin', origin, r => delete r.headers.origin],
    ['no token', token, r => delete r.headers['x-run-token']],
    ['an empty token', token, r => r.headers['x-run-token'] = ''],
    ['the beginning of the token', token, r => r.headers['x-run-token'] = TOKEN.slice(1)],
    ['a token of the right length', token, r => r.headers['x-run-token'] = `${TOKEN.slice(1)}b`],
    ['a token of other bytes', token, r => r.headers['x-run-token'] = `${TOKEN.slice(1)}é`],
  ]
  for (const [name, why, spoil] of cases) {
    test(`from ${name}`, () => {
      const request = good()
      spoil(request)
      assert.match(refusal(request, TOKEN), why)
    })
  }
})

describe('the endpoint', () => {
  const snippets = join(folder, 'snippets')
  mkdirSync(join(snippets, 'outputs'), { recursive: true })
  const slow = lastingScript('snippets/slow')
  let server
  before(async () => {
    writeFileSync(join(snippets, 'hello.py'), 'print("hello")\n')
    writeFileSync(join(snippets, 'outputs', 'hello.txt'), 'hello\n')
    writeFileSync(join(snippets, 'hello.mjs'), 'console.log("hello", process.version)\n')
    writeFileSync(join(snippets, 'outputs', 'hello.mjs.txt'), `hello ${process.version}\n`)
    writeFileSync(join(snippets, 'drifted.py'), 'print("hello")\n')
    writeFileSync(join(snippets, 'outputs', 'drifted.txt'), 'good morning\n')
    script('outside', 'print("outside")')
    const run = runEndpoint({ folder: snippets, recordings: join(snippets, 'outputs'), python, token: TOKEN })
    const without = runEndpoint({ folder: snippets, recordings: join(snippets, 'outputs'), python: join(folder, 'none'), token: TOKEN })
    server = createServer((request, response) => request.headers['x-venv'] === 'none' ? without(request, response) : run(request, response))
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  after(() => server.close())

  /** Asks for a path as it is written, which `fetch` would tidy first. */
  async function ask(path, headers = {}) {
    const host = `127.0.0.1:${server.address().port}`
    const call = request({ port: server.address().port, path, method: 'POST', headers: { host, 'origin': `http://${host}`, 'x-run-token': TOKEN, ...headers } })
    call.end()
    const [response] = await once(call, 'response')
    return { response, call }
  }
  async function answer(path, headers) {
    const { response } = await ask(path, headers)
    return [response.statusCode, (await response.setEncoding('utf8').toArray()).join('')]
  }
  const events = text => text.trim().split('\n').map(line => JSON.parse(line))

  test('runs a snippet and compares it with its recording', async () => {
    const [status, text] = await answer('/hello')
    assert.equal(status, 200)
    assert.equal(events(text).map(({ stdout }) => stdout ?? '').join(''), 'hello\n')
    assert.deepEqual(events(text).at(-1), { status: 0, equal: true })
    assert.deepEqual(events((await answer('/drifted'))[1]).at(-1), { status: 0, equal: false })
  })

  test('runs a snippet in Node, which needs no Python', async () => {
    const [, text] = await answer('/hello.mjs', { 'x-venv': 'none' })
    assert.deepEqual(events(text).at(-1), { status: 0, equal: true })
  })

  test('knows the names of the folder, and nothing else', async () => {
    const foreign = ['/', '/none', '/hello.py', '/../outside', '/..%2foutside', '/%2e%2e/outside', '/..\\outside', `/${join(folder, 'outside')}`,
      '/outputs/hello', '/hello/', '/hello?x', '/hello%00', '/hello;print(1)', '/-c', '//hello', '/HELLO']
    for (const path of foreign)
      assert.deepEqual(await answer(path), [404, 'there is no snippet of that name\n'], path)
  })

  test('names the command that sets Python up', async () => {
    const [status, text] = await answer('/hello', { 'x-venv': 'none' })
    assert.equal(status, 503)
    assert.match(text, /^there is no \.venv .*make one with what it imports\n$/)
  })

  test('runs one at a time, and ends it when the page is gone', async () => {
    const { response, call } = await ask('/slow')
    await once(response, 'data')
    const [second] = await answer('/hello')
    call.destroy()
    assert.equal(second, 409)
    await until(async () => (await answer('/hello'))[0] === 200, 'the run goes on')
    await slow.ends()
  })

  test('refuses before it looks for the snippet', async () => {
    for (const path of ['/hello', '/none'])
      assert.equal((await answer(path, { 'x-run-token': 'b'.repeat(43) }))[0], 403)
  })
})
