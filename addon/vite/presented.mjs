// Tells the commands of a deck where it is presented: a file with the address, as long as the server runs.
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
