// `import { text, versions } from 'snippets/outputs/opset.txt?recording'`: what a snippet printed, and with what.
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const QUERY = '?recording'
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

export function recordings({ userRoot }) {
  return {
    name: 'deck:recordings',
    enforce: 'pre', // Vite would make an asset of a .txt
    load(id) {
      if (!id.endsWith(QUERY))
        return
      const file = id.slice(0, -QUERY.length)
      const name = basename(file, '.txt')
      const isNode = name.endsWith('.mjs')
      const snippet = join(dirname(file), '..', isNode ? name : `${name}.py`)
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
