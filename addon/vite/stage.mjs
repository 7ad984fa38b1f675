// Lets the deck's own pages run its snippets while it is presented on this machine (DECK_RUN=1, set by commands/present.mjs).
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { runEndpoint } from './endpoint.mjs'

const ID = 'virtual:run-token'

/** Gives the page its token as a module, which read-only.mjs keeps from other sites; an empty one when off. */
export function stage(/** @type {{ userRoot: string, mode: string, remote?: string }} */ { userRoot, mode, remote }, { snippets, recordings }) {
  const wanted = process.env.DECK_RUN === '1' && mode === 'dev'
  const why = wanted && (
    remote !== undefined ? '--remote shows the deck to other machines'
      : process.platform === 'win32' ? 'Windows cannot end all that a snippet started' : '')
  const on = wanted && !why
  const token = on ? randomBytes(32).toString('base64url') : ''
  return {
    name: 'deck:stage',
    resolveId: id => id === ID ? `\0${ID}` : undefined,
    load: id => id === `\0${ID}` ? `export const token = '${token}'` : undefined,
    configureServer: {
      order: 'pre',
      handler(server) {
        if (why)
          server.config.logger.warn(`\n  snippets do not run on stage: ${why}`)
        if (!on)
          return
        const python = join(userRoot, '.venv', 'bin', 'python')
        server.middlewares.use(
          `${server.config.base}__run`,
          runEndpoint({ folder: join(userRoot, snippets), recordings: join(userRoot, recordings), python, token }),
        )
      },
    },
  }
}
