// Recordings and measurements as modules: `virtual:deck/recordings` and `virtual:deck/measurements`, by name.
// A recording is `import { text, versions } from 'snippets/outputs/sort.txt?recording'`: what was printed, and with what.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const QUERY = '?recording'
const byName = (glob, ending) =>
  `export default Object.fromEntries(Object.entries(${glob}).map(([path, file]) => [path.split('/').at(-1).slice(0, -${ending.length}), file]))`

// A glob of a virtual module starts at the deck's folder, wherever this addon lies; Vite keeps it up to date.
const MODULES = {
  'virtual:deck/recordings': folder => byName(`import.meta.glob('/${folder}/*.txt', { query: '${QUERY}' })`, '.txt'),
  'virtual:deck/measurements': folder => byName(`import.meta.glob('/${folder}/*.json', { eager: true, import: 'default' })`, '.json'),
}

/** Returns the versions recorded beside a recording, one `package version` a line; none if there is no such file. */
function versionsOf(recording) {
  const file = recording.replace(/\.txt$/, '.versions')
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** Whether a path is a recording, and not a link to somewhere else. */
const isRecording = (file, folder) => file.endsWith('.txt') && existsSync(file) && existsSync(folder)
  && dirname(realpathSync(file)) === realpathSync(folder)

export function recordings({ userRoot }, { snippets, recordings }) {
  return {
    name: 'deck:recordings',
    enforce: 'pre', // Vite would turn a .txt into an asset
    resolveId: id => MODULES[id] && `\0${id}`,
    load(id) {
      if (MODULES[id.slice(1)])
        return { code: MODULES[id.slice(1)](recordings), moduleType: 'js' }
      const file = id.slice(0, -QUERY.length)
      if (!id.endsWith(QUERY) || !isRecording(file, join(userRoot, recordings)))
        return // Vite's own rules hold for any other file
      const name = basename(file, '.txt')
      const snippet = join(userRoot, snippets, name.endsWith('.mjs') ? name : `${name}.py`)
      if (!existsSync(snippet))
        this.error(`${file} is the recording of no snippet: ${snippet} is not there`)
      for (const beside of [snippet, file.replace(/\.txt$/, '.versions')].filter(existsSync)) // Vite fails on a missing one
        this.addWatchFile(beside)
      return {
        code: `export const text = ${JSON.stringify(readFileSync(file, 'utf8'))}\n`
          + `export const versions = ${JSON.stringify(versionsOf(file))}`,
        moduleType: 'js',
      }
    },
  }
}
