// Finds a Chromium for export and tests: one the user names, one on the machine, or the one in node_modules.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
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

const works = path => spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0

async function bundled() {
  const { default: chromium } = await import('@sparticuz/chromium')
  return await chromium.executablePath()
}

/** Returns the path of a working browser, or throws with what to install. */
export async function findBrowser() {
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
    const path = await bundled()
    if (works(path))
      return path
  }
  throw new Error('no browser found; install Chrome or Chromium, or set CHROME_PATH to one')
}

/** Flags that keep a headless browser quiet, offline and willing to run as root. */
export const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
