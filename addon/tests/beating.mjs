// A script whose second process beats into a file: it tells whether all that a run started has ended.
import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Python that starts the beating, prints a line, and then does `after`; `alive()` tells whether it still beats. */
export function beating(file, after = 'time.sleep(60)') {
  const path = JSON.stringify(file)
  const beat = `import time\nwhile True:\n    open(${path}, "a").write(".")\n    time.sleep(0.02)`
  return {
    text: `import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", ${JSON.stringify(beat)}])
while not os.path.exists(${path}):
    time.sleep(0.01)
print("started")
${after}
`,
    async started() {
      for (let tries = 0; !existsSync(file); tries++) {
        if (tries === 500)
          throw new Error('the script did not start')
        await sleep(20)
      }
    },
    async alive() {
      const { size } = statSync(file)
      await sleep(300)
      return statSync(file).size > size
    },
  }
}
