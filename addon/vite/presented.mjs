// Writes the address of a presenting server into a file of its own, for the deck's commands, as long as it runs.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { placeOf } from '../deck/presented.mjs'

/** Whether the process with this number is alive, even if it is another user's. */
function lives(pid) {
  try {
    return process.kill(pid, 0)
  }
  catch (error) {
    return error.code === 'EPERM'
  }
}

export function presented(/** @type {{ userRoot: string, mode: string }} */ { userRoot, mode }) {
  const place = placeOf(userRoot)
  const file = join(place, String(process.pid))
  const leave = () => rmSync(file, { force: true })
  return {
    name: 'deck:presented',
    apply: 'serve',
    configureServer({ httpServer, config }) {
      if (process.env.DECK_RUN !== '1' || mode !== 'dev')
        return
      httpServer?.once('listening', () => {
        mkdirSync(place, { recursive: true })
        for (const other of readdirSync(place)) {
          if (!lives(Number(other)))
            rmSync(join(place, other), { force: true }) // of a server that was killed
        }
        writeFileSync(file, `http://localhost:${httpServer.address().port}${config.base}`)
        httpServer.once('close', leave)
        process.once('exit', leave)
      })
    },
  }
}
