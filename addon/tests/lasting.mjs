// A script whose second process goes on for ever: it shows whether everything that a run started has ended.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { scheduler } from 'node:timers/promises'

/** Waits until `condition()` holds, however slow the machine is; throws what is `wrong` after two minutes. */
export async function until(condition, wrong) {
  for (let tries = 0; !await condition(); tries++) {
    if (tries === 6000)
      throw new Error(wrong)
    await scheduler.wait(20) // it goes on even where a test holds back timeouts
  }
}

/** Whether a process is alive; one that has ended may stay in the system's table until its parent asks. */
export const lives = pid => !/^Z?$/.test(spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim().slice(0, 1))

/** Python that starts the second process, whose number goes to `file`, prints a line, and then does `after`. */
export function lasting(file, after = 'time.sleep(600)') {
  const path = JSON.stringify(file)
  const pid = () => existsSync(file) ? readFileSync(file, 'utf8') : ''
  return {
    text: `import os, subprocess, sys, time
second = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(${path} + "~", "w").write(str(second.pid))
os.replace(${path} + "~", ${path})
print("started")
${after}
`,
    pid,
    started: () => until(pid, 'the script did not start'),
    alive: () => lives(pid()),
    ends: () => until(() => pid() && !lives(pid()), 'what the script started goes on'),
  }
}
