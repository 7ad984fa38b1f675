// Installs what is missing, once: a stamp holds the hash of the lock files it was made from.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const windows = process.platform === 'win32'
const venv = join(root, '.venv')
const inVenv = name => join(venv, windows ? 'Scripts' : 'bin', windows ? `${name}.exe` : name)

/** The project's own Python. It is there after `setUpPython()`. */
export const python = inVenv('python')

/** Says what went wrong in one line and ends with status 2. */
export function fail(message) {
  console.error(`onnx101: ${message}`)
  process.exit(2)
}

/** Runs a command in the project's folder, with its output shown; returns its exit status. */
export function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error)
    fail(`cannot run ${command}: ${error.message}`)
  return signal ? 130 : status
}

function must(command, args, options) {
  const status = run(command, args, options)
  if (status !== 0)
    fail(`\`${[command, ...args].join(' ')}\` ended with status ${status}; set-up is not complete, run it again`)
}

/** Runs `install` unless `stamp` says that it was done for these very files. */
function once(stamp, files, install) {
  const hash = createHash('sha256').update(process.version)
  for (const file of files)
    hash.update(readFileSync(join(root, file)))
  const now = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now)
    return
  rmSync(stamp, { force: true })
  install()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, now)
}

/** The Node side: what package-lock.json names, exactly. */
export function setUpNode() {
  once(join(root, 'node_modules', '.set-up'), ['package.json', 'package-lock.json'], () =>
    must(windows ? 'npm.cmd' : 'npm', ['ci', '--loglevel=error'], { shell: windows }))
}

function findPython() {
  for (const name of ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11']) {
    const { status } = spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'])
    if (status === 0)
      return name
  }
  fail('no Python >= 3.11 on the PATH; install one and run this again')
}

function findUv() {
  for (const uv of ['uv', inVenv('uv')]) {
    if (spawnSync(uv, ['--version']).status === 0)
      return uv
  }
  // None here: pip brings the one that the lock file pins, checked against its hashes.
  const pin = readFileSync(join(root, 'requirements.lock'), 'utf8').match(/^uv==[^\n]*(\n {4}--hash[^\n]*)*/m)[0]
  if (run(findPython(), ['-m', 'venv', venv]) !== 0)
    fail('this Python cannot make a virtual environment; install its venv module (Debian: apt install python3-venv), or uv')
  const only = join(venv, 'uv.txt')
  writeFileSync(only, pin.replace(/ ?\\$/, ''))
  must(python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--no-deps', '-r', only])
  return inVenv('uv')
}

/**
 * The Python side: `.venv` with what requirements.lock names, and this project in editable form.
 * With `serving`, also the model server and the cluster, which nobody needs who only presents.
 */
export function setUpPython({ serving = false } = {}) {
  const locks = ['requirements.lock', ...(serving || existsSync(join(venv, '.serving')) ? ['serving.lock'] : [])]
  once(join(venv, '.set-up'), ['pyproject.toml', ...locks], () => {
    const uv = findUv()
    if (!existsSync(python))
      must(uv, ['venv', '--quiet', '--allow-existing', '--no-python-downloads', '--python', findPython(), venv])
    must(uv, ['pip', 'sync', '--quiet', '--require-hashes', '--python', python, ...locks])
    must(uv, ['pip', 'install', '--quiet', '--no-deps', '--no-build-isolation', '--python', python, '--editable', '.'])
    if (serving)
      writeFileSync(join(venv, '.serving'), '')
  })
}
