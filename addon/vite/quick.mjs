// Speeds up the start: Vite watches only what slides show, and bundles none of Slidev's tools that this deck does not use.
import { relative, sep } from 'node:path'

const REST = ['build', 'dist', 'node_modules', 'tests'] // besides folders with a dot: .venv has 20,000 files
const TOOLS = /(^|> )(typescript|@typescript\/ata|pptxgenjs)$/ // of Monaco, and of the page that exports PowerPoint

/** Whether a path in `root` is one that Vite need not watch. */
export function ignored(root, path) {
  const parts = relative(root, path).split(sep)
  return parts[0] !== '..' && (REST.includes(parts[0]) || parts.includes('__pycache__') || /^\.[^.]/.test(parts[0]))
}

export function quick({ userRoot, data }) {
  return {
    name: 'deck:quick',
    apply: 'serve',
    config: () => ({ server: { watch: { ignored: [path => ignored(userRoot, path)] } } }),
    configResolved({ environments }) {
      const options = environments.client.optimizeDeps
      if (!data.features.monaco)
        options.include = options.include.filter(name => !TOOLS.test(name))
    },
  }
}
