// Sets up everything and runs every check, in lanes side by side: the library, the rest of Python, the addon, whose tests
// have folders of their own, and the deck, whose tests share this one. Arguments go to pytest, which then runs in one lane.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { installNode, installPython, python } from './install.mjs'
import '../addon/commands/orphan.mjs'

installNode()
installPython({ serving: true })

// Container images often set this; every process then compiles what it imports anew, which takes two thirds of its time.
delete process.env.PYTHONDONTWRITEBYTECODE

const node = (...args) => [process.execPath, args]
const tests = (...folders) => node('--test', '--test-concurrency=1', ...folders.flatMap(folder =>
  readdirSync(folder).filter(name => name.endsWith('.test.mjs')).map(name => `${folder}/${name}`)))

const given = process.argv.slice(2)
const pytest = (...args) => [python, ['-m', 'pytest', ...args]]
const library = 'tests/onnx101'

const lanes = [
  [
    [python, ['-m', 'ruff', 'check']],
    [python, ['-m', 'ruff', 'format', '--check']],
    pytest(...given.length ? given : [`--ignore=${library}`]),
  ],
  given.length ? [] : [pytest(library)],
  [node('node_modules/eslint/bin/eslint.js', '.'), tests('addon/tests')],
  [node('scripts/types.mjs'), tests('tests/deck', 'tests/live')],
]

// A browser's lane works in several processes, and Python's in one: with equal rights, Python would end last, and alone.
const BROWSERS = 2 // the first such lane
const yielding = Math.min(getPriority() + 3, constants.priority.PRIORITY_LOW)

const running = new Set()
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stopped = true
    running.forEach(child => child.kill(signal))
  })
}

/** Runs the commands of a lane one after the other; returns whether all went well, and what they printed where it is kept. */
async function run(lane, keep, yields) {
  const printed = []
  let well = true
  for (const [command, args] of lane) {
    if (stopped)
      break
    const child = spawn(command, args, { stdio: ['ignore', keep ? 'pipe' : 'inherit', 'inherit'] })
    if (yields && child.pid)
      setPriority(child.pid, yielding)
    running.add(child)
    const ended = new Promise(resolve => child.once('close', resolve).once('error', resolve))
    if (keep)
      printed.push(await buffer(child.stdout))
    well = await ended === 0 && well
    running.delete(child)
  }
  return { well, printed }
}

// Python's lane shows what it prints, with its progress bar; what the others print follows, lane by lane.
const [first, ...others] = lanes.map((lane, i) => run(lane, i > 0, i >= BROWSERS))
let well = (await first).well
for (const other of others) {
  const { well: too, printed } = await other
  printed.forEach(text => process.stdout.write(text))
  well &&= too
}
process.exit(well && !stopped ? 0 : 1)
