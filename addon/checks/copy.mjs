// A deck that can be broken and mended.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

// No package.json: Vite may then serve what lies in the project's node_modules.
const LEFT = /^(\.(?!github)|node_modules|build|dist|package\.json|[^/]*\.pdf)|__pycache__/

/** Changes files of the deck in `root`: `edit`, `write` and `remove` one of them; `restore` takes every change back. */
export function editable(root) {
  const before = new Map()
  const keep = (path) => {
    if (!before.has(path))
      before.set(path, existsSync(join(root, path)) ? readFileSync(join(root, path)) : undefined)
  }
  const write = (path, content) => {
    keep(path)
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return {
    root,
    write,
    edit(path, change) {
      const text = readFileSync(join(root, path), 'utf8')
      const changed = change(text)
      if (changed === text)
        throw new Error(`the mutation leaves ${path} as it is`)
      write(path, changed)
    },
    remove(path) {
      keep(path)
      rmSync(join(root, path))
    },
    restore() {
      for (const [path, content] of before)
        content === undefined ? rmSync(join(root, path), { force: true }) : writeFileSync(join(root, path), content)
      before.clear()
    },
  }
}

/** Copies the deck in `project` to build/<name> there, where it finds node_modules; returns it, editable. */
export function copyDeck(name, project = process.cwd()) {
  const root = join(project, 'build', name)
  rmSync(root, { recursive: true, force: true })
  for (const part of readdirSync(project).filter(part => !LEFT.test(part)))
    cpSync(join(project, part), join(root, part), { recursive: true, filter: path => !LEFT.test(relative(project, path)) })
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'), 'junction')
  return editable(root)
}
