// Writes the address of a presenting server into a file, for the deck's commands, as long as it runs.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { placeOf } from '../deck/presented.mjs'

export function presented(/** @type {{ userRoot: string, mode: string }} */ { userRoot, mode }) {
  const place = placeOf(userRoot)
  return {
    name: 'deck:presented',
    apply: 'serve',
    configureServer({ httpServer, config }) {
      if (process.env.DECK_RUN !== '1' || mode !== 'dev')
        return
      httpServer?.once('listening', () => {
        const text = `http://localhost:${httpServer.address().port}${config.base}`
        const leave = () => existsSync(place) && readFileSync(place, 'utf8') === text && rmSync(place)
        mkdirSync(dirname(place), { recursive: true })
        writeFileSync(place, text)
        httpServer.once('close', leave)
        process.once('exit', leave)
      })
    },
  }
}
