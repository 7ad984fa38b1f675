// Every command that README.md and CONTRIBUTING.md name works as it stands there: the quick ones run, the long ones are
// those that other tests or CI run. A command that is none of these fails here.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { regionsOf } from '../../addon/deck/slides.mjs'
import { python, root } from '../../scripts/install.mjs'

const COMMAND = /^(npm|npx|node|pip|pytest|ruff|uv|onnx101(?= )|python\d?|\.venv\/bin\/\w+|\.ci\/\w+|docker|git)\b/
const scratch = mkdtempSync(join(tmpdir(), 'commands-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** The commands of a Markdown file: in inline code, and in indented blocks with their continued lines. */
function commandsOf(file) {
  const text = readFileSync(join(root, file), 'utf8').replace(/\\\n\s*/g, '')
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code.split(' && '))
  const blocks = [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, line]) => line.replace(/\s{2,}#.*$/, ''))
  return [...spans, ...blocks].filter(text => COMMAND.test(text)).map(command => ({ file, command: command.trim() }))
}

const shell = command => spawnSync('sh', ['-c', command], { cwd: root, encoding: 'utf8', env: { ...process.env, PATH: `${join(root, '.venv/bin')}:${process.env.PATH}` } })
const runs = command => () => {
  const { status, stdout, stderr } = shell(command)
  assert.equal(status, 0, `${command}\n${stdout}${stderr}`)
}
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const tested = (...files) => () => assert.deepEqual(files.filter(file => !existsSync(join(root, file))), [])

// What is run here, or where else it is run.
const KNOWN = [
  [/^npm (start|test|run (\w+))\b.*$/, ([, name, script = name]) => () => assert.ok(existsSync(join(root, scripts[script]?.split(' ').at(-1) ?? '?')), `package.json has no script ${script}`)],
  [/^npm (install|ci)$/, () => tested('package-lock.json')],
  [/^npx eslint \.$/, () => tested('eslint.config.mjs')], // npm test runs both
  [/^node scripts\/types\.mjs$/, () => tested('scripts/types.mjs')],
  [/^npx slidev$/, () => tested('addon/tests/guard.test.mjs')],
  [/^node --test .*$/, ([command]) => runs(command.replace('--test ', '--check ').replace(/^node --check (.*)$/, 'for file in $1; do test -f "$file" && node --check "$file" || exit 1; done'))],
  [/^(\.venv\/bin\/)?ruff .*$/, ([command]) => runs(command)],
  [/^(\.venv\/bin\/)?pytest (\S+)( --record)?$/, ([, , path]) => tested(path.replace('name.py', 'opset.py'), 'addon/tests/test_pytest_recorded.py')], // CI runs all of it
  [/^(\.venv\/bin\/)?python snippets\/\S+\.py$/, ([command]) => runs(command)],
  [/^(\.venv\/bin\/)?python ((?:scripts|live)\/\w+\.py)$/, ([, , path]) => tested(path)],
  [/^(\.venv\/bin\/)?python benchmarks\/(\w+)\.py\b.*$/, ([command]) => runs(`${command.replace(/\.py .*/, '.py')} --help`)],
  [/^pip install "\.\[([\w,]+)\]"$/, ([, extras]) => () => {
    runs(`.venv/bin/uv pip install --quiet --offline --no-deps --no-build-isolation --python ${python} --target ${scratch} .`)()
    const metadata = readFileSync(join(scratch, 'onnx101-1.0.0.dist-info/METADATA'), 'utf8')
    for (const extra of extras.split(','))
      assert.match(metadata, new RegExp(`^Provides-Extra: ${extra}$`, 'm'))
    runs(`PYTHONPATH=${scratch} ${python} -m onnx101 --help`)()
  }],
  [/^onnx101 (convert|verify|info)\b.*$/, ([, name]) => runs(`onnx101 ${name} --help`)],
  [/^(\.venv\/bin\/)?uv pip compile .*$/, ([command]) => runs(`${command.replace(/ -o \S+$/, '').split(' --')[0]} --help`)],
]

for (const { file, command } of ['README.md', 'CONTRIBUTING.md'].flatMap(commandsOf)) {
  test(`${file}: ${command}`, () => {
    const [form, check] = KNOWN.find(([form]) => form.test(command)) ?? []
    assert.ok(form, 'no test runs a command of this kind; run it here, or take it out')
    check(command.match(form))()
  })
}

test('the snippet in README.md is one: it runs, in the style of the others', () => {
  const [, block] = readFileSync(join(root, 'README.md'), 'utf8').match(/mark what the slide shows:\n\n((?: {7}.*\n|\n)+)/)
  const file = join(scratch, 'name.py')
  writeFileSync(file, `${block.replace(/^ {7}/gm, '').trimEnd()}\n`)
  runs(`.venv/bin/ruff check ${file} && .venv/bin/ruff format --check ${file}`)()
  const { stdout, stderr } = shell(`.venv/bin/python ${file}`)
  assert.match(stdout, /^\d+\n$/, stderr)
  assert.deepEqual(regionsOf(readFileSync(file, 'utf8')).map(({ name, end }) => [name, end > 0]), [['idea', true]])
})

test('a clone that is moved keeps its working .venv', { skip: process.platform === 'win32' && 'a program there holds the path of its Python' }, () => {
  const clone = join(scratch, 'elsewhere')
  mkdirSync(join(clone, '.venv/bin'), { recursive: true })
  mkdirSync(join(clone, 'onnx101'))
  writeFileSync(join(clone, 'onnx101/__init__.py'), '')
  for (const path of ['pyvenv.cfg', ...readdirSync(join(root, '.venv/bin')).filter(name => /^(python|pytest$|activate$)/.test(name)).map(name => `bin/${name}`)])
    cpSync(join(root, '.venv', path), join(clone, '.venv', path), { verbatimSymlinks: true })
  symlinkSync(join(root, '.venv/lib'), join(clone, '.venv/lib'))
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `
    .venv/bin/pytest --version &&
    .venv/bin/python -c 'import onnx101; print(onnx101.__file__)' &&
    . .venv/bin/activate && command -v pytest`], { cwd: clone, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.deepEqual(stdout.trim().split('\n').slice(1), ['onnx101/__init__.py', '.venv/bin/pytest'].map(path => join(clone, path)))
})
