// `npm start`: what it installs and keeps, how it ends, and what `--remote` says to whom.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRandomPort } from 'get-port-please'
import { portTaken, servesOn } from '../../addon/browser/serve.mjs'
import { takeRemote } from '../../addon/commands/remote.mjs'
import { python, root } from '../../scripts/install.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'start-test-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

describe('the packages of Node', { skip: process.platform === 'win32' && 'the npm of this test is a shell script' }, () => {
  const folder = join(scratch, 'deck')
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const read = path => readFileSync(join(folder, path), 'utf8')
  const installed = version => JSON.stringify({ packages: { 'node_modules/a': { version }, ...version === '2.0.0' && { 'node_modules/b': { version: '1.0.0' } } } })

  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true })
    write('package.json', '{ "type": "module" }')
    write('.npmrc', '')
    write('package-lock.json', JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '2.0.0' }, 'node_modules/b': { version: '1.0.0' }, 'node_modules/win': { version: '1.0.0', optional: true } } }))
    cpSync(join(root, 'scripts/install.mjs'), join(folder, 'scripts/install.mjs'))
    for (const path of ['@slidev/cli/old', 'a/package.json', 'b/package.json'])
      write(`node_modules/${path}`, '')
  })

  /** Installs with an npm that does `script`; returns { status, stderr, asked }. */
  function install(script, options = '') {
    write('bin/npm', `#!/bin/sh\necho "$@" >> ${folder}/asked\n${script}\n`)
    chmodSync(join(folder, 'bin/npm'), 0o755)
    const { status, stderr, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', `import { installNode } from './scripts/install.mjs'\ninstallNode(${options})`],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH: `${folder}/bin${delimiter}${process.env.PATH}` } })
    return { status: status ?? signal, stderr, asked: existsSync(join(folder, 'asked')) ? read('asked') : '' }
  }
  const works = `mkdir -p node_modules/a node_modules/b && touch node_modules/a/package.json node_modules/b/package.json && echo '${installed('2.0.0')}' > node_modules/.package-lock.json`

  test('swaps the packages once the new ones are complete', () => {
    write('node_modules/.package-lock.json', installed('1.0.0'))
    assert.deepEqual(install(works), { status: 0, stderr: '', asked: 'ci --loglevel=error\n' })
    assert.deepEqual(readdirSync(join(folder, 'node_modules')).sort(), ['.node', '.package-lock.json', 'a', 'b'])
    assert.ok(!existsSync(join(folder, 'build/install')))
  })

  test('asks npm for nothing when all is there, whatever Node it was installed with', () => {
    write('node_modules/.package-lock.json', installed('2.0.0'))
    for (const [version, warning] of [[process.version, /^$/], [process.version.replace(/\.\d+$/, '.999'), /^$/], ['v18.0.0', /installed with Node v18.0.0 and this is v\d+.*; should something fail, remove node_modules/]]) {
      write('node_modules/.node', version)
      const { status, stderr, asked } = install('exit 1')
      assert.deepEqual({ status, asked }, { status: 0, asked: '' })
      assert.match(stderr, warning)
    }
  })

  test('installs what npm lists and no folder holds', () => {
    write('node_modules/.package-lock.json', installed('2.0.0'))
    rmSync(join(folder, 'node_modules/b'), { recursive: true })
    assert.deepEqual(install(works), { status: 0, stderr: '', asked: 'ci --loglevel=error\n' })
    assert.ok(existsSync(join(folder, 'node_modules/b/package.json')))
  })

  for (const [name, script, status] of [['fails', 'exit 1', 2], ['fails half way', 'mkdir -p node_modules/a; exit 1', 2], ['is killed', 'mkdir node_modules; kill -9 $PPID', 'SIGKILL']]) {
    test(`keeps what worked when npm ${name}`, () => {
      write('node_modules/.package-lock.json', installed('1.0.0'))
      assert.equal(install(script).status, status)
      assert.deepEqual(readdirSync(join(folder, 'node_modules')).sort(), ['.package-lock.json', '@slidev', 'a', 'b'])
    })
  }

  test('presents with what is there when npm fails', () => {
    const { status, stderr } = install('exit 1', '{ otherwise: \'warn\' }')
    assert.equal(status, 0)
    assert.match(stderr, /^onnx101: `npm ci` cannot bring node_modules up to date; the talk goes on with what is there\n$/)
    rmSync(join(folder, 'node_modules'), { recursive: true })
    assert.equal(install('exit 1', '{ otherwise: \'warn\' }').status, 2)
  })

  test('serves nobody when npm was ended while it installed', { timeout: 60_000 }, async () => {
    for (const path of ['scripts/start.mjs', 'addon/commands/orphan.mjs'])
      cpSync(join(root, path), join(folder, path))
    write('addon/commands/present.mjs', 'import { writeFileSync } from \'node:fs\'\nsetTimeout(() => writeFileSync(\'outlived\', \'\'), 30_000)')
    write('bin/npm', `#!/bin/sh\ntouch ${folder}/begun\nwhile kill -0 $STARTED_BY 2> ${folder}/over; do sleep 0.05; done\n${works}\n`)
    chmodSync(join(folder, 'bin/npm'), 0o755)
    const shell = spawn('sh', ['-c', 'STARTED_BY=$$ "$NODE" scripts/start.mjs & wait'], { cwd: folder, env: { ...process.env, PATH: `${folder}/bin${delimiter}${process.env.PATH}`, NODE: process.execPath, npm_lifecycle_event: 'start' }, stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = new Promise(resolve => shell.once('close', resolve)) // by the server, too
    while (!existsSync(join(folder, 'begun')))
      await sleep(20)
    shell.kill('SIGTERM')
    await closed
    assert.ok(existsSync(join(folder, 'node_modules/.node')), 'what was installed stays')
    assert.ok(!existsSync(join(folder, 'outlived')))
  })

  test('finishes a swap that was interrupted', () => {
    write('node_modules/.package-lock.json', installed('2.0.0'))
    mkdirSync(join(folder, 'build/install'), { recursive: true })
    renameSync(join(folder, 'node_modules'), join(folder, 'build/install/before'))
    assert.deepEqual(install('exit 1'), { status: 0, stderr: '', asked: '' })
    assert.equal(read('node_modules/.package-lock.json'), installed('2.0.0'))
  })

  test('says what to do about packages that pnpm installed', () => {
    write('node_modules/.modules.yaml', '')
    const { status, stderr, asked } = install(works)
    assert.deepEqual({ status, asked }, { status: 2, asked: '' })
    assert.match(stderr, /^onnx101: [^\n]*pnpm[^\n]*remove node_modules and run this again\n$/)
  })
})

test('each command says in one line that nothing is installed', () => {
  const folder = join(scratch, 'bare')
  for (const part of ['addon/commands', 'addon/browser', 'addon/deck', 'scripts', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const own = ['preinstall', 'start', 'test'] // which install
  const names = Object.keys(scripts).filter(name => !own.includes(name))
  assert.ok(names.length >= 6)
  for (const name of names) {
    const [, ...args] = scripts[name].split(' ')
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    assert.deepEqual([status, stdout, stderr], [2, '', 'onnx101: the packages are not installed; run `npm start` or `npm install` first\n'], name)
  }
})

test('a .venv whose Python is gone is made anew', { skip: process.platform === 'win32' && 'the uv of this test is a shell script' }, () => {
  const folder = join(scratch, 'moved')
  const bin = join(folder, '.venv/bin')
  mkdirSync(bin, { recursive: true })
  mkdirSync(join(folder, 'bin'))
  cpSync(join(root, 'scripts/install.mjs'), join(folder, 'scripts/install.mjs'))
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', 'pyproject.toml': '', 'requirements.lock': '', '.venv/.set-up': createHash('sha256').digest('hex') }))
    writeFileSync(join(folder, path), text)
  symlinkSync(join(folder, 'gone/python'), join(bin, 'python'))
  symlinkSync('python', join(bin, 'python3'))
  // Makes environments as uv does, and installs nothing into them.
  writeFileSync(join(folder, 'bin/uv'), `#!/bin/sh\n[ "$1" = pip ] || exec "${join(dirname(python), 'uv')}" "$@"\n`, { mode: 0o755 })
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', 'import { installPython } from \'./scripts/install.mjs\'\ninstallPython()'],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH: `${folder}/bin${delimiter}${process.env.PATH}` } })
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  for (const name of ['python', 'python3'])
    assert.equal(spawnSync(join(bin, name), ['-c', 'print(1)'], { encoding: 'utf8' }).stdout, '1\n')
})

test('only npm installs the packages: other package managers are told so before they begin', { skip: process.platform === 'win32' && 'a POSIX shell reads the command' }, () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const install = agent => spawnSync('sh', ['-c', scripts.preinstall], { encoding: 'utf8', env: { ...process.env, npm_config_user_agent: agent } })
  assert.equal(install('npm/10.8.2 node/v20.20.2 linux x64').status, 0)
  for (const agent of ['pnpm/9.15.0 npm/? node/v20.20.2', 'yarn/1.22.22 npm/? node/v20.20.2'])
    assert.deepEqual([install(agent).status, install(agent).stderr], [2, 'this deck needs npm: run npm start\n'])
})

test('--remote keeps its password from Slidev, and makes one up when none is given', () => {
  const tty = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY')
  for (const [args, left, password] of [
    [['--remote=a b', '--port', '1'], ['--remote=', '--port', '1'], /^a b$/],
    [['x.md', '--remote', 'pw', '-o'], ['x.md', '--remote=', '-o'], /^pw$/],
    [['--remote', '--port', '1'], ['--remote=', '--port', '1'], /^[a-z2-9]{8}$/],
    [['--remote='], ['--remote='], /^[a-z2-9]{8}$/],
    [['--port', '1'], ['--port', '1'], /^undefined$/],
  ]) {
    delete process.env.DECK_PASSWORD
    assert.deepEqual(takeRemote(args), left)
    assert.match(String(process.env.DECK_PASSWORD), password)
  }
  delete process.env.DECK_PASSWORD
  assert.throws(() => takeRemote(['--remote=x', '--tunnel']), /--tunnel would put this machine on the internet/)
  Object.defineProperty(process.stdin, 'isTTY', tty ?? { value: undefined, configurable: true })
})

describe('npm start', () => {
  const trap = join(scratch, 'trap.mjs')
  const left = join(scratch, 'left')
  writeFileSync(trap, `
import { appendFileSync } from 'node:fs'
import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'
import { syncBuiltinESMExports } from 'node:module'
const own = host => !host || /^(localhost|127\\.|::1|[0:.]+)$|^127\\./.test(host)
const tell = (what, host) => own(host) || appendFileSync(${JSON.stringify(left)}, what + ' ' + host + '\\n')
for (const [holder, name, hostOf] of [[dns, 'lookup', a => a[0]], [dns, 'resolve', a => a[0]], [dns.promises, 'lookup', a => a[0]], [dgram.Socket.prototype, 'send', a => a.findLast(x => typeof x === 'string')], [net.Socket.prototype, 'connect', a => a.flat().find(x => x?.host)?.host]]) {
  const before = holder[name]
  holder[name] = function (...args) { tell(name, hostOf(args)); return before.apply(this, args) }
}
syncBuiltinESMExports()
`)

  async function start(args, environment = {}) {
    const port = await getRandomPort('localhost')
    const npm = spawn('npm', ['start', '--', '--port', port, ...args], { cwd: root, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    let log = ''
    for (const stream of [npm.stdout, npm.stderr])
      stream.on('data', text => log += text)
    const closed = new Promise(resolve => npm.once('close', resolve)) // by all that write to it, down to Slidev
    while (npm.exitCode === null && !servesOn(log, port))
      await sleep(100)
    return portTaken(log) ? (await closed, start(args, environment)) : { npm, closed, url: `http://127.0.0.1:${port}/`, log: () => log }
  }

  test('with --remote and no network serves, tells nobody the password, asks nobody, and ends with SIGTERM', { timeout: 300_000 }, async (t) => {
    const deck = await start(['--remote=open-sesame', '--bind', '127.0.0.1'], { NODE_OPTIONS: `--import=${trap}` })
    t.after(() => deck.npm.kill())
    assert.equal((await fetch(deck.url)).status, 200, deck.log())
    const configs = await (await fetch(`${deck.url}@slidev/configs`)).text()
    assert.doesNotMatch(configs, /open-sesame/)
    deck.npm.kill('SIGTERM')
    await deck.closed
    assert.doesNotMatch(deck.log().replace(/^(?:>|npm ).*$/gm, ''), /Error|at async|open-sesame/) // npm itself tells the command
    assert.equal(existsSync(left) ? readFileSync(left, 'utf8') : '', '')
  })

  test('refuses in one line what it cannot do', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/start.mjs', '--remote=x', '--tunnel'], { cwd: root, encoding: 'utf8' })
    assert.equal(status, 2)
    assert.match(stderr, /^start: --tunnel [^\n]*\n$/)
    const alone = spawnSync(process.execPath, ['node_modules/@slidev/cli/bin/slidev.mjs', '--remote=x'], { cwd: root, encoding: 'utf8', timeout: 300_000 })
    assert.equal(alone.status, 2)
    assert.match(alone.stderr, /^slidev: present with `node addon\/commands\/present\.mjs --remote=PASSWORD`[^\n]*\n$/)
  })
})
