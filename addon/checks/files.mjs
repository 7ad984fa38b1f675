// The files of a deck, by their paths from its folder.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, parse } from 'node:path/posix'

/** The paths of the files in `folder`, and of those in its folders where `recursive`; none where there is no such folder. */
export function list(root, folder, recursive = false) {
  if (!existsSync(join(root, folder)))
    return []
  return readdirSync(join(root, folder), { withFileTypes: true, recursive }).filter(entry => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ parentPath, name }) => join(parentPath.replaceAll('\\', '/'), name).slice(root.length + 1))
}

export const read = (root, path) => readFileSync(join(root, path), 'utf8')
export const stem = path => parse(path).name
