// Finds a Chromium for export and tests: one the user names, one on the machine, or the one in node_modules.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-chromium'

const installed = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const works = path => spawnSync(path, ['--version'], { timeout: 120_000 }).status === 0

/** Unpacks the browser of node_modules, once; what another process unpacks at the same time is never seen half. */
function bundled() {
  const packed = import.meta.resolve('@sparticuz/chromium')
  const modules = fileURLToPath(packed).split('@sparticuz')[0]
  const { version } = JSON.parse(readFileSync(join(modules, '@sparticuz/chromium/package.json'), 'utf8'))
  const home = join(modules, '.cache', `chromium-${version}`)
  if (!existsSync(home)) {
    mkdirSync(dirname(home), { recursive: true })
    const beside = mkdtempSync(`${home}-`)
    // It goes into the folder for temporary files, which belongs to everybody, unless another one is named.
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', `await (await import(${JSON.stringify(packed)})).default.executablePath()`], { env: { ...process.env, TMPDIR: beside }, encoding: 'utf8' })
    if (status === 0 && !existsSync(home))
      renameOver(beside, home)
    rmSync(beside, { recursive: true, force: true })
    if (status !== 0)
      throw new Error(`the browser in node_modules cannot be unpacked: ${stderr.match(/Error: .*/)?.[0] ?? 'it was ended'}`)
  }
  return join(home, 'chromium')
}

/** Moves a folder, unless another process was first. */
function renameOver(from, to) {
  try {
    renameSync(from, to)
  }
  catch (error) {
    if (!existsSync(to))
      throw error
  }
}

async function find() {
  if (process.env.CHROME_PATH) {
    if (works(process.env.CHROME_PATH))
      return process.env.CHROME_PATH
    throw new Error(`CHROME_PATH is ${process.env.CHROME_PATH}, which does not start; name a Chrome or Chromium`)
  }
  for (const path of [...installed, chromium.executablePath()]) {
    if ((!path.includes('/') || existsSync(path)) && works(path))
      return path
  }
  if (process.platform === 'linux') {
    const path = bundled()
    if (works(path))
      return path
  }
  throw new Error('no browser found; install Chrome or Chromium, or set CHROME_PATH to one')
}

let found

/** Returns the path of a working browser, or throws with what to install. */
export const findBrowser = () => found ??= find()

/** Flags that keep a headless browser quiet, offline and willing to run as root. */
export const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
