// Presents the talk: installs what the deck needs, then serves it; the arguments are those of addon/commands/present.mjs.
import { installNode, root } from './install.mjs'
import '../addon/commands/orphan.mjs' // before the installation, which may take a minute

installNode({ otherwise: 'warn' })
process.chdir(root)
await import('../addon/commands/present.mjs')
