// Finds the server that presents a deck, by a file that it writes, and removes when it ends.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The file for the deck in `root`. */
export const placeOf = root => join(root, 'node_modules', '.cache', 'slidev-addon-recorded', 'presented')

/** Returns what Slidev at `url` shows as slide `no`: { content, source: { filepath }, … }; undefined where no such thing answers. */
const shownAt = (url, no) => fetch(`${url}__slidev/slides/${no}.json`, { signal: AbortSignal.timeout(20_000) })
  .then(answer => answer.json(), () => undefined).catch(() => undefined)

/**
 * Returns the address of the server that presents the deck in `root` and shows its `slide` as it stands in the file;
 * undefined where none does, whatever the file says: it may be left from a server that was killed.
 */
export async function presentedAt(root, { no, file, content }) {
  let url
  try {
    url = readFileSync(placeOf(root), 'utf8')
  }
  catch {
    return undefined
  }
  if (!/^http:\/\/localhost:\d+\/[\w/-]*$/.test(url))
    return undefined
  for (let tries = 0; tries < 20; tries++) {
    const shown = await shownAt(url, no)
    if (shown?.source?.filepath !== join(root, file))
      return undefined
    if (shown.content === content)
      return url
    await sleep(100) // the file was saved a moment ago
  }
}
