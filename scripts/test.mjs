// Sets up everything and runs every check: lint, types, Python tests, deck tests. Arguments go to pytest.
// The deck's tests run beside pytest, one file at a time; what they print comes when pytest has ended.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { installNode, installPython, python, run } from './install.mjs'

installNode()
installPython({ serving: true })

const lint = [
  [python, ['-m', 'ruff', 'check']],
  [python, ['-m', 'ruff', 'format', '--check']],
  [process.execPath, ['node_modules/eslint/bin/eslint.js', '.']],
  [process.execPath, ['scripts/types.mjs']],
]
const tests = ['addon/tests', 'tests/deck', 'tests/live'].flatMap(folder =>
  readdirSync(folder).filter(name => name.endsWith('.test.mjs')).map(name => `${folder}/${name}`))

let failed = lint.filter(([command, args]) => run(command, args) !== 0).length

const deck = spawn(process.execPath, ['--test', '--test-concurrency=1', ...tests], { stdio: ['ignore', 'pipe', 'inherit'] })
const printed = buffer(deck.stdout)
const ended = new Promise(resolve => deck.once('close', resolve))
const pytest = spawn(python, ['-m', 'pytest', ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => [deck, pytest].forEach(half => half.kill(signal)))
failed += await new Promise(resolve => pytest.once('close', resolve)) !== 0
process.stdout.write(await printed)
failed += await ended !== 0
process.exit(failed ? 1 : 0)
