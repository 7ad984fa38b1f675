// The two packages as others would get them: packed, installed in a folder elsewhere, on a deck of its own.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { after, before, test } from 'node:test'
import { python, root } from './host.mjs'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'elsewhere-')))
const bin = join(folder, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin')
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

function run(command, args, { cwd = folder, env = {} } = {}) {
  const { CI, ...rest } = process.env
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env: { ...rest, ...env }, encoding: 'utf8', timeout: 280_000 })
  return { status, said: `${error ?? ''}${stdout}${stderr}` }
}
function must(...call) {
  const { status, said } = run(...call)
  assert.equal(status, 0, said)
  return said
}
const pytest = (...args) => run(join(bin, 'python'), ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', ...args])
const command = (name, ...args) => run(process.execPath, [`node_modules/slidev-addon-recorded/commands/${name}.mjs`, ...args])

before(() => {
  cpSync(join(import.meta.dirname, 'other'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "leap", "private": true, "type": "module" }\n')

  // Offline: the addon comes from its tarball, every package that it and the deck need is linked from this checkout.
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules')).filter(name => !name.startsWith('.')))
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  must('npm', ['pack', '--pack-destination', folder, '--loglevel=error'], { cwd: join(root, 'addon') })
  must('tar', ['-xzf', 'slidev-addon-recorded-1.0.0.tgz', '-C', modules])
  cpSync(join(modules, 'package'), join(modules, 'slidev-addon-recorded'), { recursive: true })
  rmSync(join(modules, 'package'), { recursive: true })

  // The plugin comes from its wheel, in an environment of its own that also sees pytest and what it needs.
  must(python, ['-m', 'uv', 'build', '--quiet', '--offline', '--no-build-isolation', '--python', python, '--wheel', '--out-dir', folder, join(root, 'addon/pytest')])
  must(python, ['-m', 'uv', 'venv', '--quiet', '--offline', '--python', python, join(folder, '.venv')])
  must(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--offline', '--no-deps', '--python', join(bin, 'python'), 'pytest_recorded-1.0.0-py3-none-any.whl'])
  const [from, to] = [python, join(bin, 'python')].map(of => must(of, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']).trim())
  for (const name of readdirSync(from).filter(name => /^(?:_?pytest|py|pluggy|iniconfig|packaging|pygments|colorama)(?:-.*|\.py)?$/.test(name)))
    symlinkSync(join(from, name), join(to, name))
})

test('the packages hold what runs, and no tests', () => {
  const names = must('tar', ['-tzf', 'slidev-addon-recorded-1.0.0.tgz']).split('\n')
  assert.ok(['commands/check.mjs', 'setup/vite-plugins.ts', 'components/Run.vue', 'README.md'].every(name => names.includes(`package/${name}`)))
  assert.deepEqual(names.filter(name => /tests|pytest/.test(name)), [])
  // Whatever a command imports from beside it is there, too.
  const text = name => readFileSync(join(folder, 'node_modules/slidev-addon-recorded', name.replace('package/', '')), 'utf8')
  const lost = names.filter(name => /\.(?:mjs|ts|vue)$/.test(name)).flatMap(name =>
    Array.from(text(name).matchAll(/(?:from|import)\s*\(?'(\.[^'?]+)'/g), ([, path]) => posix.join(name, '..', path)).filter(path => ![path, `${path}.ts`].some(path => names.includes(path))))
  assert.deepEqual(lost, [])
})

test('a deck of its own is recorded, tested and checked', { timeout: 600_000 }, () => {
  assert.match(pytest('snippets').said, /leap\.py has no recording; renew with: pytest --record snippets\/leap\.py/)
  const recorded = pytest('snippets/leap.py', '--record')
  assert.equal(recorded.status, 0, recorded.said)
  assert.equal(readFileSync(join(folder, 'snippets/outputs/leap.txt'), 'utf8'), '1600 True\n1700 False\n1996 True\n2023 False\nTrue\n')
  assert.match(readFileSync(join(folder, 'snippets/outputs/leap.versions'), 'utf8'), /^Python 3\.\d+\npackaging \d\S+\n$/)
  const tested = pytest()
  assert.equal(tested.status, 0, tested.said)
  const { status, said } = command('check')
  assert.equal(status, 0, said)
  assert.match(said, /^nothing found$/m)
})

test('what drifts there is told', { timeout: 600_000 }, () => {
  const snippet = join(folder, 'snippets/leap.py')
  const text = readFileSync(snippet, 'utf8')
  writeFileSync(snippet, text.replaceAll('1700', '1800').replaceAll('region rule', 'region law'))
  const { status, said } = pytest('snippets')
  assert.equal(status, 1)
  assert.match(said, /-1700 False\n\+1800 False/)
  // What `look` and `check` say before they open a browser.
  const found = must(process.execPath, ['--input-type=module', '-e', ['checks/contract', 'deck/config', 'deck/slides'].map((module, i) => `import * as m${i} from './node_modules/slidev-addon-recorded/${module}.mjs'`).concat('m0.contract(await m2.load(), await m1.configOf(process.cwd())).map(m0.say).forEach(line => console.log(line))').join('\n')])
  assert.match(found, /^slides\.md:\d+, slide 2 .*\[import\] snippets\/leap\.py has no region rule; name one of: law/m)
  const refused = command('look', '99')
  assert.equal(refused.status, 2, refused.said)
})

test('a deck without the addon is looked at as it is', { timeout: 600_000 }, () => {
  mkdirSync(join(folder, 'bare'))
  writeFileSync(join(folder, 'bare/slides.md'), `---
theme: none
title: Bare
fonts: { provider: none }
favicon: data:,
---

# Bare

...

---

# Far

<img src="https://far.example/away.png" alt="" width="9" />

<p style="font-size: 9px">fine print</p>
`)
  const { status, said } = command('check', 'bare/slides.md')
  assert.equal(status, 1, said)
  rmSync(said.match(/pictures in (.*)\/slides$/m)[1], { recursive: true })
  assert.deepEqual(said.split('\n').filter(line => /\[\w+\] /.test(line)).map(line => line.replace(/;.*/, '')), [
    'slides.md:16, slide 2 "Far" [request] asks https://far.example/away.png',
    'slides.md:13, slide 2 "Far" [small] "fine print" is 9 px high',
  ])
})
