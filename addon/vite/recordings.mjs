// What the snippets printed and measured, as modules: `virtual:deck/recordings` and `virtual:deck/measurements`, by name.
// A recording is `import { text, versions } from 'snippets/outputs/opset.txt?recording'`: what was printed, and with what.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const QUERY = '?recording'
// A glob of a virtual module starts at the deck's folder, wherever this addon lies; Vite keeps it up to date.
const MODULES = {
  'virtual:deck/recordings': folder => byName(`import.meta.glob('/${folder}/*.txt', { query: '${QUERY}' })`, '.txt'),
  'virtual:deck/measurements': folder => byName(`import.meta.glob('/${folder}/*.json', { eager: true, import: 'default' })`, '.json'),
}
const byName = (glob, ending) =>
  `export default Object.fromEntries(Object.entries(${glob}).map(([path, file]) => [path.split('/').at(-1).slice(0, -${ending.length}), file]))`
const PACKAGES = { google: 'protobuf', sklearn: 'scikit-learn' } // modules named unlike their package

/** Returns the modules that a Python file imports, and those of its neighbours that it imports. */
function imported(file, seen = new Set()) {
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/^[ \t]*(?:import|from) +(\w+)/gm)) {
    const neighbour = join(dirname(file), `${name}.py`)
    if (!seen.has(name) && seen.add(name) && existsSync(neighbour))
      imported(neighbour, seen)
  }
  return seen
}

/** Returns the packages that a snippet in Node imports, as package-lock.json pins them. */
export function packages(snippet, lockFile) {
  const pins = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  return Array.from(readFileSync(snippet, 'utf8').matchAll(/ from '([\w@][\w@/-]*)'/g), ([, name]) => name)
    .filter(name => pins[`node_modules/${name}`])
    .map(name => `${name} ${pins[`node_modules/${name}`].version}`)
}

/** Returns the Python that the lock file is made for, and its pins of what `snippet` imports. */
export function versions(snippet, lockFile) {
  const lock = readFileSync(lockFile, 'utf8')
  const [, python] = lock.match(/--python-version (\S+)/)
  const pins = Array.from(lock.matchAll(/^([\w.-]+)==([^\s;]+)/gm), ([, name, version]) => [name, version])
  const pinned = new Map(pins.reverse()) // the first of two is for that Python, the second for newer ones
  const packages = Array.from(imported(snippet), name => PACKAGES[name] ?? name.toLowerCase().replaceAll('_', '-'))
  return [`Python ${python}`, ...packages.filter(name => pinned.has(name)).sort().map(name => `${name} ${pinned.get(name)}`)]
}

/** Whether a path is that of a recording, and not a link to somewhere else. */
const isRecording = (file, folder) => file.endsWith('.txt') && existsSync(file) && existsSync(folder)
  && dirname(realpathSync(file)) === realpathSync(folder)

export function recordings({ userRoot }, { snippets, recordings }) {
  return {
    name: 'deck:recordings',
    enforce: 'pre', // Vite would make an asset of a .txt
    resolveId: id => MODULES[id] && `\0${id}`,
    load(id) {
      if (MODULES[id.slice(1)])
        return { code: MODULES[id.slice(1)](recordings), moduleType: 'js' }
      const file = id.slice(0, -QUERY.length)
      if (!id.endsWith(QUERY) || !isRecording(file, join(userRoot, recordings)))
        return // Vite's own rules hold for any other file
      const name = basename(file, '.txt')
      const isNode = name.endsWith('.mjs')
      const snippet = join(userRoot, snippets, isNode ? name : `${name}.py`)
      const lock = join(userRoot, isNode ? 'package-lock.json' : 'requirements.lock')
      if (!existsSync(snippet))
        this.error(`${file} is the recording of no snippet: ${snippet} is not there`)
      this.addWatchFile(snippet)
      this.addWatchFile(lock)
      return {
        code: `export const text = ${JSON.stringify(readFileSync(file, 'utf8'))}\n`
          + `export const versions = ${JSON.stringify((isNode ? packages : versions)(snippet, lock))}`,
        moduleType: 'js',
      }
    },
  }
}
