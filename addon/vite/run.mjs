// Runs one script for the speaker: alone, in an empty folder, with its time and its output limited.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIMITS = { seconds: 60, characters: 65_536 }

/**
 * Calls `emit` with `{ stdout }` and `{ stderr }` as `script` prints, until it ends or `signal` ends it.
 * Resolves to `{ status, stdout }`, plus `ended`, the reason, where the script was ended.
 * Everything that the script started is gone by then, and so is the folder.
 */
export function run(program, script, emit, signal, { seconds, characters } = LIMITS) {
  const scratch = mkdtempSync(join(tmpdir(), 'deck-run-'))
  const child = spawn(program, [script], {
    __proto__: null, // only these options and this environment, whatever was put into Object.prototype
    cwd: scratch,
    env: { __proto__: null, PATH: process.env.PATH, HOME: scratch, TMPDIR: scratch, LANG: 'C.UTF-8', PYTHONUTF8: '1', PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, which is ended as a whole
  })

  let ended
  function end(why) {
    ended ??= why
    try {
      process.kill(-child.pid, 'SIGKILL')
    }
    catch {} // nothing of it is left
  }
  const stop = () => end('stopped')
  const leave = (_, number) => process.exit(128 + number)
  const cleanUp = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
  const exit = () => (stop(), cleanUp())
  const limit = setTimeout(end, seconds * 1000, `ended after ${seconds} s, the limit`)
  signal.addEventListener('abort', stop)
  process.once('exit', exit)
  for (const name of ['SIGINT', 'SIGHUP'])
    process.once(name, leave) // by default they would end this process but not the script's

  let printed = 0
  let stdout = ''
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      const kept = text.slice(0, Math.max(0, characters - printed))
      printed += text.length
      stdout += name === 'stdout' ? kept : ''
      if (kept)
        emit({ [name]: kept })
      if (printed > characters)
        end(`ended after ${characters} characters, the limit`)
    })
  }

  return new Promise((resolve) => {
    child.once('error', error => end(`cannot run ${program}: ${error.message}`))
    child.once('exit', () => {
      end() // what it left behind
      setTimeout(() => (child.stdout.destroy(), child.stderr.destroy()), 500).unref() // a daemon may hold them open
    })
    child.once('close', (status) => {
      clearTimeout(limit)
      signal.removeEventListener('abort', stop)
      process.off('exit', exit).off('SIGINT', leave).off('SIGHUP', leave)
      cleanUp()
      resolve({ status, stdout, ended })
    })
  })
}
