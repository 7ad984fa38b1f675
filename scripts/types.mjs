// Checks the types of this repository's own TypeScript and Vue: Slidev ships its client as source, and its errors are not ours.
import { spawnSync } from 'node:child_process'

const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/vue-tsc/bin/vue-tsc.js', '--noEmit'], { encoding: 'utf8' })
const own = stdout.split('\n').filter(line => /error TS/.test(line) && !/^[^(]*node_modules\//.test(line))
process.stdout.write(own.map(line => `${line}\n`).join(''))
if (status !== 0 && !/error TS/.test(stdout)) {
  console.error(`types: vue-tsc does not run:\n${stdout}${stderr}`)
  process.exit(2)
}
process.exit(own.length ? 1 : 0)
