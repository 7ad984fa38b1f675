// Sets up everything and runs every check: lint, types, Python tests, deck tests. Arguments go to pytest.
import { readdirSync } from 'node:fs'
import { python, run, setUpNode, setUpPython } from './setup.mjs'

setUpNode()
setUpPython({ serving: true })

const deck = ['addon/tests', 'tests/deck', 'tests/live'].flatMap(folder =>
  readdirSync(folder).filter(name => name.endsWith('.test.mjs')).map(name => `${folder}/${name}`))
const checks = [
  [python, ['-m', 'ruff', 'check']],
  [python, ['-m', 'ruff', 'format', '--check']],
  [process.execPath, ['node_modules/eslint/bin/eslint.js', '.']],
  [process.execPath, ['scripts/types.mjs']],
  [python, ['-m', 'pytest', ...process.argv.slice(2)]],
  [process.execPath, ['--test', '--test-concurrency=1', ...deck]],
]
const failed = checks.filter(([command, args]) => run(command, args) !== 0)
process.exit(failed.length ? 1 : 0)
