// Preloaded by the commands of package.json: without the packages, Node would end in a stack for each that it misses.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root } from './install.mjs'

if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) // npm writes it when all is there
  fail('the packages are not installed; run `npm start` or `npm install` first')
