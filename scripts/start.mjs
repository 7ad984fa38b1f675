// Presents the talk: installs what the deck needs, then serves it; the arguments are those of addon/commands/present.mjs.
import { installNode, root } from './install.mjs'

installNode({ otherwise: 'warn' })
process.chdir(root)
await import('../addon/commands/present.mjs')
