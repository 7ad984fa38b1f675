// Installs what is missing, once: a stamp holds the hash of the lock files it was made from.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const windows = process.platform === 'win32'
const venv = join(root, '.venv')
const inVenv = name => join(venv, windows ? 'Scripts' : 'bin', windows ? `${name}.exe` : name)

/** The project's own Python. It is there after `installPython()`. */
export const python = inVenv('python')

/** Reports an error in one line and exits with status 2. */
export function fail(message) {
  console.error(`onnx101: ${message}`)
  process.exit(2)
}

/** Runs a command in the project's folder, with its output shown; returns its exit status. */
function statusOf(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error)
    fail(`cannot run ${command}: ${error.message}`)
  return signal ? 130 : status
}

function must(command, args, options) {
  const status = statusOf(command, args, options)
  if (status !== 0)
    fail(`\`${[command, ...args].join(' ')}\` ended with status ${status}; the installation is not complete, run this again`)
}

/** Runs `install` unless `stamp` says that it was done for these very files. */
function once(stamp, files, install) {
  const hash = createHash('sha256')
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

const packagesOf = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  }
  catch {
    return undefined // none, or half written
  }
}

/** Whether `node_modules` holds what package-lock.json names: in npm's list of what it installed, and as folders. */
function isInstalled() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  const wanted = Object.entries(packagesOf(join(root, 'package-lock.json')))
  return Boolean(installed) && wanted.every(([path, { version, optional, link }]) =>
    !path || optional || link || (installed[path]?.version === version && existsSync(join(root, path, 'package.json'))))
}

/**
 * Installs what package-lock.json names into a folder beside `node_modules`, and swaps the two once it is complete:
 * an install that is interrupted, or has no network, leaves what worked. Returns npm's exit status.
 */
function exchangeNode() {
  const beside = join(root, 'build', 'install')
  const [now, before, next] = [join(root, 'node_modules'), join(beside, 'before'), join(beside, 'node_modules')]
  rmSync(beside, { recursive: true, force: true })
  mkdirSync(beside, { recursive: true })
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    copyFileSync(join(root, file), join(beside, file))
  const status = statusOf(windows ? 'npm.cmd' : 'npm', ['ci', '--loglevel=error'], { shell: windows, cwd: beside })
  if (status === 0) {
    if (existsSync(now))
      renameSync(now, before)
    writeFileSync(join(next, '.node'), process.version)
    renameSync(next, now)
  }
  rmSync(beside, { recursive: true, force: true })
  return status
}

/** The Node side: what package-lock.json names, exactly; with `otherwise: 'warn'`, what is already there when that fails. */
export function installNode({ otherwise = 'fail' } = {}) {
  const [modules, before] = ['node_modules', 'build/install/before'].map(path => join(root, path))
  if (!existsSync(modules) && existsSync(before))
    renameSync(before, modules) // the change was ended in its middle
  if (existsSync(join(modules, '.modules.yaml')))
    fail('node_modules was made by pnpm, and this deck needs npm: remove node_modules and run this again')
  if (isInstalled()) {
    const major = version => version.match(/^v(\d+)/)?.[1]
    const then = existsSync(join(modules, '.node')) ? readFileSync(join(modules, '.node'), 'utf8') : process.version
    if (major(then) !== major(process.version))
      console.warn(`onnx101: node_modules was installed with Node ${then} and this is ${process.version}; should something fail, remove node_modules and run this again`)
    return
  }
  const status = exchangeNode()
  if (status !== 0 && otherwise === 'warn' && existsSync(join(modules, '@slidev', 'cli')))
    console.warn('onnx101: `npm ci` cannot bring node_modules up to date; the talk goes on with what is there')
  else if (status !== 0)
    fail(`\`npm ci\` ended with status ${status}; nothing was changed, run this again with a network`)
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
  if (statusOf(findPython(), ['-m', 'venv', venv]) !== 0)
    fail('this Python cannot make a virtual environment; install its venv module (Debian: apt install python3-venv), or uv')
  const only = join(venv, 'uv.txt')
  writeFileSync(only, pin.replace(/ ?\\$/, ''))
  must(python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--no-deps', '-r', only])
  return inVenv('uv')
}

const sitePackages = () => spawnSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).stdout.trim()

/** Clears the Python of a `.venv` whose own is gone: nothing replaces a dangling link. */
function removePython(stamp) {
  const bin = dirname(python)
  for (const name of existsSync(bin) ? readdirSync(bin) : []) {
    if (/^python[\d.]*(?:\.exe)?$/.test(name))
      rmSync(join(bin, name))
  }
  rmSync(stamp, { force: true })
}

/**
 * The Python side: `.venv` with what requirements.lock names, and this project in editable form.
 * With `serving`, also the model server and the cluster, which presenting does not need.
 */
export function installPython({ serving = false } = {}) {
  const locks = ['requirements.lock', ...(serving || existsSync(join(venv, '.serving')) ? ['serving.lock'] : [])]
  const stamp = join(venv, '.set-up')
  if (existsSync(venv) && spawnSync(python, ['-c', '']).status !== 0)
    removePython(stamp)
  once(stamp, ['pyproject.toml', ...locks], () => {
    const uv = findUv()
    if (!existsSync(python) || !readFileSync(join(venv, 'pyvenv.cfg'), 'utf8').includes('relocatable')) // a checkout that is moved goes on
      must(uv, ['venv', '--quiet', '--relocatable', '--allow-existing', '--no-python-downloads', '--python', existsSync(python) ? realpathSync(python) : findPython(), venv])
    const editable = join(sitePackages(), 'onnx101.pth')
    must(uv, ['pip', 'sync', '--quiet', '--require-hashes', '--python', python, ...locks])
    must(uv, ['pip', 'install', '--quiet', '--no-deps', '--no-build-isolation', '--python', python, '--editable', '.'])
    if (existsSync(inVenv('pip')))
      must(uv, ['pip', 'uninstall', '--quiet', '--python', python, 'pip']) // it brought uv, and would not move
    writeFileSync(editable, `${relative(dirname(editable), root)}\n`)
    if (serving)
      writeFileSync(join(venv, '.serving'), '')
  })
}
