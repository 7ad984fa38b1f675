// Finds a server that presents a deck, by the files that such servers write, and remove when they end.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The folder for the deck in `root`: one file per server, with its address, named after its process. */
export const placeOf = root => join(root, 'node_modules', '.cache', 'slidev-addon-recorded', 'presenting')

const addressesIn = place => (existsSync(place) ? readdirSync(place) : []).map((name) => {
  try {
    return readFileSync(join(place, name), 'utf8')
  }
  catch {
    return '' // it is just ending
  }
}).filter(url => /^http:\/\/localhost:\d+\/[\w/-]*$/.test(url))

/** Returns what Slidev at `url` shows as slide `no`: { content, source: { filepath }, … }; undefined where nothing of the kind answers. */
const shownAt = (url, no) => fetch(`${url}__slidev/slides/${no}.json`, { signal: AbortSignal.timeout(20_000) })
  .then(answer => answer.json(), () => undefined).catch(() => undefined)

/** Whether the server at `url` shows the `slide` of the deck in `root` as it stands in the file. */
async function shows(url, root, { no, file, content }) {
  for (let tries = 0; tries < 20; tries++) {
    const shown = await shownAt(url, no)
    if (shown?.source?.filepath !== join(root, file))
      return false
    if (shown.content === content)
      return true
    await sleep(100) // the file was saved a moment ago
  }
  return false
}

/**
 * Returns the address of a server that presents the deck in `root` and shows its `slide` as it stands in the file;
 * undefined where none does, whatever the files say: one may be left from a server that was killed.
 */
export async function presentedAt(root, slide) {
  for (const url of addressesIn(placeOf(root))) {
    if (await shows(url, root, slide))
      return url
  }
}
